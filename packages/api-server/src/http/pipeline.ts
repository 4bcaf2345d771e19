import type { IncomingMessage, ServerResponse } from "node:http";
import type { RouteSpec } from "@k8shell/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { Authenticate } from "../auth/authenticate.ts";
import { refuseCrossSite, refuseForeignSocket } from "../auth/csrf.ts";
import type { Principal } from "../auth/principal.ts";
import type { Authorize } from "../authz/authorize.ts";
import { groupOf, type RateLimits } from "../limits/rate-limits.ts";
import type { LiveConnections } from "../live/live-connections.ts";
import type { Recheck } from "../live/recheck.ts";
import type { Tracing } from "../tracing/tracing.ts";
import type { EndAnswer } from "./answer-queue.ts";
import { type BodyLimits, hasBody } from "./body.ts";
import type { ClientAddress } from "./client-address.ts";
import { isNamedIn } from "./entity-tag.ts";
import { toApiError } from "./errors.ts";
import { compileGuard } from "./guard.ts";
import { type BoundRoute, handled } from "./handler.ts";
import { jsonTextOf } from "./json-text.ts";
import type { OriginPolicy } from "./origin.ts";
import type { OutageLog } from "./outage-log.ts";
import { unauthenticated } from "./request-context.ts";
import { sendError, sendSerialized } from "./respond.ts";
import type { RequestSignals } from "./signals.ts";
import type { TargetLookup } from "./target.ts";
import type { Upgrades } from "./upgrades.ts";

export interface PipelineDeps {
  readonly authenticate: Authenticate;
  readonly authorize: Authorize;
  readonly lookup: TargetLookup;
  /** Absent: no limits. */
  readonly rateLimits?: RateLimits | undefined;
  readonly clientAddress: ClientAddress;
  /** Absent: no traces. */
  readonly tracing?: Tracing | undefined;
  /** Told who the caller of a request is. */
  readonly noteCaller?: ((request: IncomingMessage, principal: Principal) => void) | undefined;
  readonly origins: OriginPolicy;
  readonly upgrades: Upgrades;
  readonly signals: RequestSignals;
  readonly live: LiveConnections;
  /** Checks open connections again. Absent: they stay until they are closed. */
  readonly recheck?: Recheck;
  /** Ends answers. */
  readonly end: EndAnswer;
  /** Answers `Expect: 100-continue`, so that a refused upload is never sent. */
  continueBody(request: IncomingMessage, response: ServerResponse): void;
  readonly bodyLimits: BodyLimits;
  /** Logs failures of what lies behind. */
  readonly outages: OutageLog;
  /** Told of each request that succeeded and was not only a reading one. */
  readonly onChange?: ((spec: RouteSpec, principal: Principal) => void) | undefined;
  /** The server takes no new connections: answers tell their clients to use another one. */
  isClosing(): boolean;
  readonly log: Logger;
}

/** Serves one request. Never throws. */
export type ServeRoute = (request: FastifyRequest, reply: FastifyReply) => void;

/** A caller is welcome but not needed: wrong or expired credentials count as none. */
const callerIfAny = async (
  authenticate: Authenticate,
  request: IncomingMessage,
): Promise<Principal | undefined> => {
  try {
    return await authenticate(request);
  } catch {
    return undefined;
  }
};

/** A large or endless body that nobody will read must not keep the connection busy. */
const unreadIsLarge = (request: IncomingMessage): boolean =>
  hasBody(request) &&
  !request.complete &&
  (request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"]) > 1 << 20);

/**
 * The way of every request to its handler, the same for HTTP and WebSocket upgrades: authenticate, check its origin,
 * resolve the target, authorize (policy, then scope), validate, handle, answer. Somebody who is not signed in learns
 * nothing but 401; somebody who may not learns nothing about what a valid request would be.
 */
export const compileRoute = (bound: BoundRoute, deps: PipelineDeps): ServeRoute => {
  const { spec } = bound;
  const { authenticate, authorize, origins, upgrades, outages, end, log } = deps;
  const { permission } = spec;
  const { rateLimits, tracing, noteCaller, clientAddress } = deps;
  const group = groupOf(spec);
  const isSocket = Object.values(spec.responses).includes("websocket");
  const isReading = spec.method === "GET";
  const guard = compileGuard(bound, deps);

  /** Synchronous for callers known from moments ago. */
  const caller = (request: IncomingMessage): Promise<Principal | undefined> | Principal | undefined =>
    permission.kind === "public" ? callerIfAny(authenticate, request) : authenticate(request);

  /** A credential that was not known from moments ago: whoever tries many wrong ones is not answered. */
  const checked = async (
    found: Promise<Principal | undefined>,
    raw: IncomingMessage,
  ): Promise<Principal | undefined> => {
    if (!rateLimits || permission.kind === "public") return found;
    try {
      rateLimits.refuseGuessing(clientAddress(raw));
    } catch (error) {
      found.catch(() => undefined);
      throw error;
    }
    try {
      return await found;
    } catch (error) {
      if (toApiError(error).status === 401) rateLimits.countFailure(clientAddress(raw));
      throw error;
    }
  };

  const serve = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { raw } = request;
    const found = caller(raw);
    const principal = found instanceof Promise ? await checked(found, raw) : found;
    if (principal) noteCaller?.(raw, principal);
    const rate = rateLimits?.count(group, principal, clientAddress(raw));
    if (permission.kind !== "public") {
      if (!principal) throw unauthenticated();
      if (principal.credential.kind === "session") refuseCrossSite(raw, origins);
    }
    const upgrade = isSocket ? upgrades.pending(raw) : undefined;
    if (upgrade) refuseForeignSocket(raw, origins);

    const result = await guard({
      request,
      reply,
      principal,
      upgrade,
      authorize,
      acceptBody: () => deps.continueBody(raw, reply.raw),
      subscription: undefined,
    });
    const status = result === handled ? reply.raw.statusCode : result.status;
    if (!isReading && principal && status < 400) deps.onChange?.(spec, principal);
    if (result === handled) return;
    if (deps.isClosing()) reply.raw.shouldKeepAlive = false;
    const withBody = request.method !== "HEAD";
    if (isReading && result.body !== undefined && result.status === 200) {
      const { text, tag } = jsonTextOf(result.body);
      const known = raw.headers["if-none-match"];
      const extra = [...(rate ?? []), ...(result.headers ?? []), "etag", tag];
      if (known !== undefined && isNamedIn(known, tag)) {
        sendSerialized(reply.raw, 304, undefined, request.id, false, extra, end);
      } else sendSerialized(reply.raw, 200, text, request.id, withBody, extra, end);
      return;
    }
    const text = result.body === undefined ? undefined : JSON.stringify(result.body);
    sendSerialized(reply.raw, result.status, text, request.id, withBody, rate, end);
  };

  const fail = (cause: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const error = toApiError(cause);
    const fields = { err: cause, requestId: request.id, operation: spec.operationId };
    if (outages.take(error, fields, "request failed for now")) {
      // Logged there, unless it was a moment ago.
    } else if (error.status >= 500) log.error(fields, "request failed");
    else if (log.isLevelEnabled("debug")) log.debug(fields, "request refused");
    if (deps.isClosing()) reply.raw.shouldKeepAlive = false;
    if (!reply.raw.headersSent && unreadIsLarge(request.raw)) reply.raw.setHeader("connection", "close");
    sendError(reply.raw, error, request.id, request.method !== "HEAD", end);
  };

  const begin = (request: FastifyRequest, reply: FastifyReply): void => {
    serve(request, reply).catch((cause: unknown) => fail(cause, request, reply));
  };
  if (!tracing) return begin;
  return (request, reply) => {
    const trace = tracing.of(request.raw);
    if (trace) trace.run(() => begin(request, reply));
    else begin(request, reply);
  };
};
