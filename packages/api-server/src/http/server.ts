import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ErrorCode } from "@k8shell/contract";
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import type { Principal } from "../auth/principal.ts";
import type { QueryTable } from "../events/query-table.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Tracing } from "../tracing/tracing.ts";
import { type AccessLog, createAccessLog } from "./access-log.ts";
import { createAnswerQueue } from "./answer-queue.ts";
import { ApiError } from "./api-error.ts";
import type { BodyLimits } from "./body.ts";
import { type ClientAddress, createClientAddress } from "./client-address.ts";
import { answerClientError } from "./client-error.ts";
import { answerCors } from "./cors.ts";
import { toApiError } from "./errors.ts";
import { compileFollowed } from "./followed-route.ts";
import type { BoundRoute } from "./handler.ts";
import { headerCount } from "./header-count.ts";
import { createHostCheck, type HostCheck, type HostPolicy, misdirected } from "./host.ts";
import { overrideMethod } from "./method-override.ts";
import { createMethodTable } from "./method-table.ts";
import { createOutageLog, type OutageLog } from "./outage-log.ts";
import { compileRoute, type PipelineDeps } from "./pipeline.ts";
import { type FinishedRequest, observeRequests } from "./request-end.ts";
import { requestIdOf } from "./request-id.ts";
import { pathOf } from "./request-path.ts";
import { sendError } from "./respond.ts";
import { createRequestSignals } from "./signals.ts";
import { createUpgrades, type Upgrades } from "./upgrades.ts";

/** Limits of the HTTP server; all have defaults. */
export interface HttpLimits {
  /** JSON bodies, bytes (default 1 MiB). */
  readonly jsonBytes: number;
  /** Milliseconds a JSON body may take (default 30 000). */
  readonly bodyTimeoutMs: number;
  /** All request headers together, bytes (default 32 KiB). */
  readonly headerBytes: number;
  /** Milliseconds the headers may take (default 20 000). */
  readonly headersTimeoutMs: number;
  /** Connections at the same time (default 50 000); more are refused. */
  readonly connections: number;
  /** Milliseconds an idle connection is kept (default 75 000: longer than the usual proxy in front). */
  readonly keepAliveTimeoutMs: number;
  /** Largest WebSocket message, bytes (default 1 MiB). */
  readonly webSocketMessageBytes: number;
  /** Milliseconds between WebSocket pings (default 30 000). */
  readonly webSocketHeartbeatMs: number;
}

export const defaultHttpLimits: HttpLimits = {
  jsonBytes: 1 << 20,
  bodyTimeoutMs: 30_000,
  headerBytes: 32 << 10,
  headersTimeoutMs: 20_000,
  connections: 50_000,
  keepAliveTimeoutMs: 75_000,
  webSocketMessageBytes: 1 << 20,
  webSocketHeartbeatMs: 30_000,
};

export interface HttpServerOptions
  extends Omit<
    PipelineDeps,
    | "upgrades"
    | "signals"
    | "bodyLimits"
    | "end"
    | "continueBody"
    | "isClosing"
    | "noteCaller"
    | "clientAddress"
    | "outages"
  > {
  /** Absent: the socket's peer. */
  readonly clientAddress?: ClientAddress;
  /** Absent: one of its own. */
  readonly outages?: OutageLog;
  readonly routes: readonly BoundRoute[];
  /** Gets the routes that can be followed over the event socket. Absent: there is none. */
  readonly followed?: QueryTable;
  /** Registers what is not in the route table: pages and their assets. */
  readonly pages?: (app: FastifyInstance) => void;
  readonly limits?: Partial<HttpLimits>;
  /** Absent: no access log. */
  readonly accessLog?: AccessLog;
  /** Absent: nothing is measured. */
  readonly metrics?: Pick<Metrics, "request"> | undefined;
  /** Takes the connections of app hosts. */
  readonly front?: ConnectionFront;
  /** Names this server answers to. Absent: any. */
  readonly hosts?: HostPolicy;
}

/** Looks at new connections before the server does, and keeps some of them. */
export interface ConnectionFront {
  attach(server: Server): void;
  close(graceMs: number): Promise<void>;
}

export interface HttpServer {
  readonly app: FastifyInstance;
  readonly upgrades: Upgrades;
  /** Binds; resolves to the port. */
  listen(options: { host: string; port: number }): Promise<number>;
  /**
   * Takes no new connections, ends event streams and WebSockets (1012), lets running requests finish for up to
   * `graceMs` milliseconds, then cuts what is left.
   */
  close(graceMs: number): Promise<void>;
}

/** Node counts only names and values against `headerBytes`; tiny headers cost more than that. */
const maxHeaders = 256;

const apiPrefix = "/api/v1";

/** Fastify's own refusals happen before a route is known. */
const frameworkCodes: Readonly<Record<number, { code: ErrorCode; text: string }>> = {
  400: { code: "bad_request", text: "The request is not valid." },
  404: { code: "not_found", text: "There is nothing here." },
  413: { code: "payload_too_large", text: "The request is too large." },
  414: { code: "bad_request", text: "The path is too long." },
  415: { code: "unsupported_media_type", text: "The content type is not valid." },
};

const beginTrace =
  (tracing: Tracing) =>
  (request: IncomingMessage): string =>
    tracing.begin(request).id;

const fromFramework = (error: FastifyError | Error): ApiError => {
  const status = "statusCode" in error ? error.statusCode : undefined;
  const row = status === undefined ? undefined : frameworkCodes[status];
  return row ? new ApiError(row.code, row.text, { cause: error }) : toApiError(error);
};

/**
 * The HTTP server: fastify for sockets and routing, our pipeline for everything else. Every error, whoever found it,
 * has the body `{status, msg, code, requestId}`. Paths are served with and without a trailing slash, never redirected.
 */
export const createHttpServer = (options: HttpServerOptions): HttpServer => {
  const limits: HttpLimits = { ...defaultHttpLimits, ...options.limits };
  const { log } = options;
  const signals = createRequestSignals();
  const upgrades = createUpgrades({
    maxMessageBytes: limits.webSocketMessageBytes,
    heartbeatMs: limits.webSocketHeartbeatMs,
  });
  const end = createAnswerQueue();
  const waitingForContinue = new WeakSet<IncomingMessage>();
  let closing = false;

  const fail = (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void => {
    const failure = fromFramework(error);
    if (failure.status >= 500) log.error({ err: error, requestId: request.id }, "request failed");
    sendError(reply.raw, failure, request.id, request.method !== "HEAD", end);
  };

  const app = fastify({
    logger: false,
    genReqId: options.tracing ? beginTrace(options.tracing) : requestIdOf,
    return503OnClosing: false,
    exposeHeadRoutes: false,
    bodyLimit: Number.MAX_SAFE_INTEGER,
    requestTimeout: 0,
    connectionTimeout: 0,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    rewriteUrl(request) {
      overrideMethod(request);
      return request.url ?? "/";
    },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1024 },
    http: {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeoutMs,
      // Most requests have no body: they need not go through the life of a stream that has one.
      optimizeEmptyRequests: true,
      // A client that dribbles its headers is cut at most this much later.
      connectionsCheckingInterval: Math.min(5_000, Math.ceil(limits.headersTimeoutMs / 4)),
      shouldUpgradeCallback: (request) => upgrades.isWebSocket(request),
    },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => fail(error, request, reply),
  });
  app.removeAllContentTypeParsers();
  // Bodies stay streams: the pipeline or the handler reads them, after the guard.
  app.addContentTypeParser("*", (_request, _payload, done) => done(null, undefined));
  app.setErrorHandler((error: FastifyError, request, reply) => fail(error, request, reply));
  const callers = new WeakMap<IncomingMessage, Principal>();
  const usernameOf = ({ request }: FinishedRequest) => callers.get(request.raw)?.username;
  const clientAddress = options.clientAddress ?? createClientAddress(undefined);
  const { accessLog, metrics, tracing } = options;
  observeRequests(
    app,
    [
      ...(metrics
        ? [
            ({ request, route, status, seconds }: FinishedRequest) =>
              metrics.request(route === "unmatched" ? "any" : request.method, route, status, seconds),
          ]
        : []),
      ...(tracing
        ? [
            (finished: FinishedRequest) => {
              const { request, route, status } = finished;
              const username = usernameOf(finished);
              tracing.of(request.raw)?.end({ method: request.method, route, status, username });
            },
          ]
        : []),
      ...(accessLog
        ? [
            createAccessLog(accessLog, {
              log,
              usernameOf,
              traceIdOf: ({ request }) => tracing?.of(request.raw)?.traceId,
              clientIpOf: ({ request }) => clientAddress(request.raw),
            }),
          ]
        : []),
    ],
    accessLog !== undefined,
  );

  let isOwnHost: HostCheck | undefined;
  app.addHook("onRequest", (request, reply, done) => {
    if (request.raw.rawHeaders.length > 2 * maxHeaders) {
      done(new ApiError("headers_too_large", `The request has more than ${maxHeaders} headers.`));
      return;
    }
    // A proxy in front may have gone by another one than we do (RFC 9112 section 3.2).
    if (headerCount(request.raw.rawHeaders, "host") > 1) {
      done(new ApiError("bad_request", "Send one Host header only."));
      return;
    }
    const { host } = request.raw.headers;
    // Browsers always send it; a client of HTTP/1.0 need not.
    if (host !== undefined && isOwnHost !== undefined && !isOwnHost(host)) done(misdirected());
    else if (answerCors(request.raw, reply.raw, options.origins)) reply.hijack();
    else done();
  });

  const bodyLimits: BodyLimits = { maxBytes: limits.jsonBytes, timeoutMs: limits.bodyTimeoutMs };
  const deps: PipelineDeps = {
    ...options,
    upgrades,
    signals,
    bodyLimits,
    clientAddress,
    outages: options.outages ?? createOutageLog(log),
    end,
    isClosing: () => closing,
    noteCaller:
      accessLog || tracing ? (request, principal) => void callers.set(request, principal) : undefined,
    continueBody(request, response) {
      if (waitingForContinue.delete(request)) response.writeContinue();
    },
  };
  const methods = createMethodTable();
  for (const bound of options.routes) {
    const { spec } = bound;
    const serve = compileRoute(bound, deps);
    if (spec.watch || spec.follow) options.followed?.add(compileFollowed(bound, deps));
    const url = spec.root ? spec.path : `${apiPrefix}${spec.path}`;
    const kinds = Object.values(spec.responses);
    const withHead =
      spec.method === "GET" &&
      spec.alternative === undefined &&
      (kinds.includes("bytes") || kinds.every((kind) => typeof kind === "object" || kind === "html"));
    const served = withHead ? ["GET", "HEAD"] : [spec.method];
    methods.add(url, served);
    app.route({
      method: served,
      url,
      // Synchronous on purpose: the pipeline answers on the raw response, fastify need not wait for a promise.
      handler: (request, reply) => serve(request, reply),
    });
  }
  options.pages?.(app);
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request.raw);
    const allowed = methods.of(path);
    const error =
      allowed.length > 0
        ? new ApiError("method_not_allowed", `Use ${allowed.join(" or ")} here.`, {
            headers: { allow: allowed.join(", ") },
          })
        : new ApiError("not_found", "There is nothing at this address.");
    sendError(reply.raw, error, request.id, request.method !== "HEAD", end);
  });

  const server: Server = app.server;
  server.maxConnections = limits.connections;
  // One more than allowed: what is beyond the count is dropped without a word, and must not go unnoticed.
  server.maxHeadersCount = maxHeaders + 1;
  server.on("upgrade", (request: IncomingMessage, socket, head) => {
    const response = upgrades.begin(request, socket, head);
    app.routing(request, response);
  });
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    waitingForContinue.add(request);
    app.routing(request, response);
  });
  options.front?.attach(server);

  return {
    app,
    upgrades,
    async listen({ host, port }) {
      isOwnHost = options.hosts && createHostCheck(host, options.hosts);
      await app.listen({ host, port });
      return (server.address() as AddressInfo).port;
    },
    async close(graceMs) {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      signals.stopEndless();
      const timer = setTimeout(() => {
        signals.stopAll();
        server.closeAllConnections();
      }, graceMs);
      // A connection that falls idle later would otherwise be kept for its next request.
      const sweep = setInterval(() => server.closeIdleConnections(), 50);
      await Promise.all([upgrades.close(Math.min(graceMs, 2_000)), options.front?.close(graceMs)]);
      await closed;
      clearInterval(sweep);
      clearTimeout(timer);
      await app.close();
    },
  };
};
