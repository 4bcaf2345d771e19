import type { ActionPermission, RouteSpec } from "@k8shell/contract";
import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import type { output, ZodType } from "zod";
import type { Principal } from "../auth/principal.ts";
import type { JobRecord } from "../jobs/job-record.ts";
import type { LiveConnection, LiveKind } from "../live/live-connections.ts";

type Parsed<T> = T extends ZodType ? output<T> : undefined;

/** What an action is about when a handler asks for another decision than its route's own. */
export interface ResourceRef {
  readonly type: "workspace" | "user" | "role" | "org" | "onboardrule" | "blueprint" | "audit";
  readonly id: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** Does the caller own it (for `:self` scopes)? Default: attribute owner, else id of a user, equals the caller. */
  readonly owned?: boolean;
  /** Name of the workspace that a token's scopes must reach, where that is not the id of a workspace. */
  readonly workspace?: string;
  /** It is a list, of which a token whose scopes name workspaces is shown what they reach. */
  readonly isFiltered?: boolean;
}

/** What the route's target resolved to, before the decision was made. */
export interface ResolvedTarget {
  /** Set for target `workspace`. */
  readonly workspace: WorkspaceDetails | undefined;
  /**
   * Set for targets `user` and `token`: the user of the path, or the caller under /me. For `collection`: the owner
   * the decision was about (see `ownerOfCollection`), undefined when it was about everybody's.
   */
  readonly username: string | undefined;
  /** Set for target `job`. */
  readonly job: JobRecord | undefined;
}

/** The client's half of a WebSocket handshake, waiting for an answer. */
export interface PendingUpgrade {
  /** Subprotocols the client offered, in its order. */
  readonly offered: readonly string[];
  /** Answers 101 and hands over the socket. Attach listeners before the next turn of the event loop. */
  accept(protocol: string | undefined): WebSocket;
}

/** The parts of fastify's request that are used. */
export type IncomingRequest = Pick<FastifyRequest, "id" | "raw" | "method" | "headers" | "params" | "query">;
export type OutgoingReply = Pick<FastifyReply, "raw">;

/** A text answer that is written piece by piece. */
export interface TextStream {
  /** Sends a piece and waits until there is room for the next. Resolves to false when the client has gone. */
  write(text: string): Promise<boolean>;
  /** Ends the answer; resolves when it is flushed or the client has gone. */
  end(): Promise<void>;
}

/** The other side of a route that is followed over the event socket. */
export interface SubscriptionSide {
  /** Aborts when the subscription is over. */
  readonly signal: AbortSignal;
  /** What it carried, for the register of open connections. */
  readonly traffic: { readonly bytesRead: number; readonly bytesWritten: number };
  /** Begins the stream. @param connection as registered; `revoke` is called when the caller may have it no longer */
  openText(register: (revoke: (reason: string) => void) => LiveConnection): TextStream;
}

/** One request on its way through a handler: authenticated, authorized and validated. */
export interface RequestContext<R extends RouteSpec = RouteSpec> {
  readonly route: R;
  readonly params: Parsed<R["params"]>;
  readonly query: Parsed<R["query"]>;
  /**
   * The parsed JSON body; undefined for raw bodies, which the handler reads, unbuffered, from `request.raw` once it
   * has called `acceptBody`.
   */
  readonly body: Parsed<R["body"]>;
  /** The caller. Only public routes run without one; there, use `principalIfAny`. */
  readonly principal: Principal;
  readonly principalIfAny: Principal | undefined;
  readonly target: ResolvedTarget;
  /** Obligations of the route's own decision; handlers must apply those of their action. */
  readonly obligations: Readonly<Record<string, string>>;
  /**
   * Registers the connection of this request as one that lives long, so that it is closed when the caller may have it
   * no longer. WebSockets of `bindWebSocket` and text streams are registered already.
   * @param close see `LiveRegistration.close`
   * @throws ApiError too_many_requests: call it before the response begins
   */
  registerLive(kind: LiveKind, close: (reason: string) => void): LiveConnection;
  /**
   * Another decision (policy, then scope). Resolves to its obligations; throws ApiError forbidden.
   * @param facts context values, taken as they are, over those of the action
   */
  authorize(
    action: ActionPermission,
    resource: ResourceRef,
    facts?: Readonly<Record<string, string>>,
  ): Promise<Readonly<Record<string, string>>>;
  /** Does the policy service decide by what it is asked beside the documented context, such as paths, as far as is known? */
  readonly policyReadsFacts: boolean;
  /** Tells a client that waits for `100 Continue` to send its body. Refuse what can be refused before. */
  acceptBody(): void;
  readonly requestId: string;
  /** Address of the client, or of its proxy when that is not a trusted one. */
  readonly clientIp: string;
  /** Aborts when the client has gone, and when the server stops (event streams at once, others after the grace time). */
  readonly signal: AbortSignal;
  /** Set when the request asks for a WebSocket; use `bindWebSocket` rather than this. */
  readonly upgrade: PendingUpgrade | undefined;
  readonly log: Logger;
  readonly request: IncomingRequest;
  readonly reply: OutgoingReply;
  /** Set when the route is followed over the event socket: there is no response to write to then. */
  readonly subscription: SubscriptionSide | undefined;
}

/** `json(200, value)`-style results; `handled` when the handler wrote the response itself (streams, redirects). */
export type HandlerResult =
  | {
      readonly status: number;
      readonly body?: unknown;
      /** Names and values in turn. */
      readonly headers?: readonly string[];
    }
  | typeof handled;

export const handled: unique symbol = Symbol("handled");

export const json = (status: number, body: unknown): HandlerResult => ({ status, body });
export const noContent = (): HandlerResult => ({ status: 204 });

export type Handler<R extends RouteSpec = RouteSpec> = (
  context: RequestContext<R>,
) => Promise<HandlerResult> | HandlerResult;

/** Binds a handler to its declaration, so that params, query and body have their types. */
export interface BoundRoute {
  readonly spec: RouteSpec;
  readonly handler: Handler<never>;
}

export const bind = <R extends RouteSpec>(spec: R, handler: Handler<R>): BoundRoute => ({
  spec,
  handler: handler as Handler<never>,
});
