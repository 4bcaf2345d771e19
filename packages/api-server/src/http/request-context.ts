import type { RouteSpec } from "@k8shell/contract";
import type { Logger } from "pino";
import type { Principal } from "../auth/principal.ts";
import type { Authorize, Decision, Obligations } from "../authz/authorize.ts";
import { credentialOf, type LiveConnections } from "../live/live-connections.ts";
import type { OpenedBy, Recheck } from "../live/recheck.ts";
import { actionFor } from "./action.ts";
import { ApiError } from "./api-error.ts";
import type { ClientAddress } from "./client-address.ts";
import type {
  IncomingRequest,
  OutgoingReply,
  PendingUpgrade,
  RequestContext,
  ResolvedTarget,
  SubscriptionSide,
} from "./handler.ts";
import type { RequestSignals } from "./signals.ts";

export const unauthenticated = () =>
  new ApiError("unauthenticated", "Sign in, or send an access token as a bearer token.");

/** What the contexts of one route have in common. */
export interface RouteConstants {
  readonly spec: RouteSpec;
  readonly endless: boolean;
  readonly signals: RequestSignals;
  readonly clientAddress: ClientAddress;
  readonly live: LiveConnections;
  /** Absent: connections are not checked again. */
  readonly recheck: Recheck | undefined;
  readonly log: Logger;
}

/** A request whose caller is known. */
export interface GuardedCall {
  readonly request: IncomingRequest;
  readonly reply: OutgoingReply;
  /** Undefined only for public routes. */
  readonly principal: Principal | undefined;
  readonly upgrade: PendingUpgrade | undefined;
  readonly authorize: Authorize;
  readonly acceptBody: () => void;
  /** Set when the route is followed over the event socket rather than requested. */
  readonly subscription: SubscriptionSide | undefined;
}

/** What the guard has found out about it. */
export interface GuardedRequest {
  readonly params: unknown;
  /** `params`, or the raw ones of a route without a schema. */
  readonly pathFields: Readonly<Record<string, unknown>>;
  readonly query: unknown;
  readonly body: unknown;
  readonly target: ResolvedTarget;
  /** What the route's own permission was decided on. */
  readonly decision: Decision | undefined;
  readonly obligations: Obligations;
}

/** So many decisions of a handler are remembered, to be made again while its connection is open. */
const maxFurther = 8;

/**
 * The context of one request. A class, against the habit of this code base: accessors on a prototype are made once,
 * those of an object literal on every request, which cost more than all the rest of the pipeline.
 */
class Context {
  readonly route: RouteSpec;
  readonly params: undefined;
  readonly query: undefined;
  readonly body: undefined;
  readonly principalIfAny: Principal | undefined;
  readonly target: ResolvedTarget;
  readonly obligations: Obligations;
  readonly upgrade: PendingUpgrade | undefined;
  readonly acceptBody: () => void;
  readonly subscription: SubscriptionSide | undefined;
  readonly request: IncomingRequest;
  readonly reply: OutgoingReply;
  /** Has a decision been made for this request? */
  decided: boolean;
  readonly #constants: RouteConstants;
  readonly #authorize: Authorize;
  readonly #pathFields: Readonly<Record<string, unknown>>;
  readonly #decision: Decision | undefined;
  /** What the handler asked for beside it. */
  #further: Decision[] | undefined;
  #log: Logger | undefined;
  #signal: AbortSignal | undefined;

  constructor(constants: RouteConstants, call: GuardedCall, guarded: GuardedRequest) {
    this.route = constants.spec;
    // The outputs of the route's own schemas; `bind` gives them their types.
    this.params = guarded.params as undefined;
    this.query = guarded.query as undefined;
    this.body = guarded.body as undefined;
    this.principalIfAny = call.principal;
    this.target = guarded.target;
    this.obligations = guarded.obligations;
    this.upgrade = call.upgrade;
    this.acceptBody = call.acceptBody;
    this.subscription = call.subscription;
    this.request = call.request;
    this.reply = call.reply;
    this.decided = constants.spec.permission.kind !== "dynamic";
    this.#constants = constants;
    this.#authorize = call.authorize;
    this.#pathFields = guarded.pathFields;
    this.#decision = guarded.decision;
    this.#further = undefined;
    this.#log = undefined;
    this.#signal = undefined;
  }

  get principal(): Principal {
    if (!this.principalIfAny) throw unauthenticated();
    return this.principalIfAny;
  }

  get requestId(): string {
    return this.request.id;
  }

  get clientIp(): string {
    return this.#constants.clientAddress(this.request.raw);
  }

  get signal(): AbortSignal {
    if (this.subscription) return this.subscription.signal;
    const { signals, endless } = this.#constants;
    this.#signal ??= signals.of(this.request.raw, this.reply.raw, endless, this.upgrade !== undefined);
    return this.#signal;
  }

  get policyReadsFacts(): boolean {
    return this.#authorize.ignoresFacts?.() !== true;
  }

  get log(): Logger {
    this.#log ??= this.#constants.log.child({
      requestId: this.requestId,
      operation: this.route.operationId,
    });
    return this.#log;
  }

  #opened(): OpenedBy {
    return {
      principal: this.principal,
      authorization: this.request.raw.headers.authorization,
      decisions: [...(this.#decision ? [this.#decision] : []), ...(this.#further ?? [])],
    };
  }

  get registerLive(): RequestContext["registerLive"] {
    return (kind, close) => {
      const { raw } = this.request;
      const { recheck } = this.#constants;
      return this.#constants.live.register({
        kind,
        ...credentialOf(this.principal),
        workspace: this.target.workspace?.name,
        requestId: this.requestId,
        clientIp: this.clientIp,
        socket: this.subscription?.traffic ?? raw.socket,
        close,
        ...(recheck && { recheck: (active) => recheck(this.#opened(), active) }),
      });
    };
  }

  // Handlers take it out of the context, so it must not depend on `this`.
  get authorize(): RequestContext["authorize"] {
    return async (action, resource, facts) => {
      const filled = actionFor(action, this.#pathFields, {});
      const asked = facts ? { ...filled, context: { ...filled.context, ...facts } } : filled;
      const granted = await this.#authorize(this.principal, asked, resource, this.requestId);
      this.#further ??= [];
      // Decisions about one operation each are made anew for the next one.
      if (!facts && this.#further.length < maxFurther) this.#further.push({ action: asked, resource });
      this.decided = true;
      return granted;
    };
  }
}

/** Makes the context; `decided` tells whether an authorization decision was made. */
export const createRequestContext = (
  constants: RouteConstants,
  call: GuardedCall,
  guarded: GuardedRequest,
): RequestContext & { readonly decided: boolean } => new Context(constants, call, guarded);
