import type { Logger } from "pino";
import type { FinishedRequest } from "./request-end.ts";
import { pathOf } from "./request-path.ts";

/** What is written to the log per request, when anything (rest-contract section 5, `http.logging`). */
export interface AccessLog {
  readonly requestHeaders: boolean;
  readonly responseHeaders: boolean;
}

/** What else is known of a request when it is over. */
export interface AccessLogDeps {
  readonly log: Logger;
  readonly usernameOf: (finished: FinishedRequest) => string | undefined;
  readonly traceIdOf: (finished: FinishedRequest) => string | undefined;
  readonly clientIpOf: (finished: FinishedRequest) => string;
}

/** Headers that carry secrets; the path has no query in the log for the same reason. */
const secretHeaders: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "k8shell-authorization",
  "location",
  "proxy-authorization",
  "referer",
  "sec-websocket-protocol",
  "set-cookie",
  "x-api-key",
]);
export const withoutSecrets = (headers: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !secretHeaders.has(name.toLowerCase())));

/** Writes the line of each request. */
export const createAccessLog =
  (what: AccessLog, { log, usernameOf, traceIdOf, clientIpOf }: AccessLogDeps) =>
  (finished: FinishedRequest): void => {
    const { request, reply, route, status, seconds, bytes } = finished;
    log.info(
      {
        requestId: request.id,
        traceId: traceIdOf(finished),
        method: request.method,
        path: pathOf(request.raw),
        route,
        status,
        user: usernameOf(finished),
        clientIp: clientIpOf(finished),
        bytes,
        ms: Math.round(seconds * 1000),
        ...(what.requestHeaders ? { requestHeaders: withoutSecrets(request.headers) } : {}),
        ...(what.responseHeaders ? { responseHeaders: withoutSecrets(reply.raw.getHeaders()) } : {}),
      },
      "request",
    );
  };
