import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { pathOf } from "./request-path.ts";

/** What is written to the log per request, when anything (rest-contract section 5, `http.logging`). */
export interface AccessLog {
  readonly requestHeaders: boolean;
  readonly responseHeaders: boolean;
}

const secretHeaders: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "set-cookie",
  "proxy-authorization",
]);
const withoutSecrets = (headers: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !secretHeaders.has(name.toLowerCase())));

/** Logs each request when its answer is over. */
export const logAccess = (app: FastifyInstance, log: Logger, what: AccessLog): void => {
  app.addHook("onRequest", (request, reply, done) => {
    const startedAt = performance.now();
    reply.raw.once("close", () => {
      log.info(
        {
          requestId: request.id,
          method: request.method,
          path: pathOf(request.raw),
          status: reply.raw.statusCode,
          ms: Math.round(performance.now() - startedAt),
          ...(what.requestHeaders ? { requestHeaders: withoutSecrets(request.headers) } : {}),
          ...(what.responseHeaders ? { responseHeaders: withoutSecrets(reply.raw.getHeaders()) } : {}),
        },
        "request",
      );
    });
    done();
  });
};
