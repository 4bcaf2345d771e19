import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** A request that is over. */
export interface FinishedRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly status: number;
  /** Pattern of its route, e.g. `/api/v1/workspaces/:name`; `unmatched` without one. */
  readonly route: string;
  readonly seconds: number;
  /** Written to the connection for it, headers included. */
  readonly bytes: number;
}

/** Tells the observers of each request when its answer is over, also when the client went away. */
export const observeRequests = (
  app: FastifyInstance,
  observers: ReadonlyArray<(finished: FinishedRequest) => void>,
): void => {
  if (observers.length === 0) return;
  app.addHook("onRequest", (request, reply, done) => {
    const startedAt = performance.now();
    const { socket } = request.raw;
    const written = socket.bytesWritten;
    reply.raw.once("close", () => {
      const finished: FinishedRequest = {
        request,
        reply,
        status: reply.raw.statusCode,
        route: request.is404 ? "unmatched" : (request.routeOptions.url ?? "unmatched"),
        seconds: (performance.now() - startedAt) / 1000,
        bytes: socket.bytesWritten - written,
      };
      for (const observe of observers) observe(finished);
    });
    done();
  });
};
