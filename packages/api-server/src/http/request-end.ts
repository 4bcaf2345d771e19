import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** A request that is over. */
export interface FinishedRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly status: number;
  /** Pattern of its route, e.g. `/api/v1/workspaces/:name`; `unmatched` without one. */
  readonly route: string;
  readonly seconds: number;
  /** Written to the connection for it, headers included; 0 when nobody wants to know. */
  readonly bytes: number;
}

/**
 * Tells the observers of each request when its answer is over, also when the client went away.
 * @param countsBytes whether an observer wants to know `bytes`, which takes a while to find out
 */
export const observeRequests = (
  app: FastifyInstance,
  observers: ReadonlyArray<(finished: FinishedRequest) => void>,
  countsBytes: boolean,
): void => {
  if (observers.length === 0) return;
  app.addHook("onRequest", (request, reply, done) => {
    const startedAt = performance.now();
    const { socket } = request.raw;
    const written = countsBytes ? socket.bytesWritten : 0;
    // It comes once; `once` would cost every request another function to be rid of.
    reply.raw.on("close", () => {
      const finished: FinishedRequest = {
        request,
        reply,
        status: reply.raw.statusCode,
        route: request.is404 ? "unmatched" : (request.routeOptions.url ?? "unmatched"),
        seconds: (performance.now() - startedAt) / 1000,
        bytes: countsBytes ? socket.bytesWritten - written : 0,
      };
      for (const observe of observers) observe(finished);
    });
    done();
  });
};
