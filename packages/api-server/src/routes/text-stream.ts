import type { ServerResponse } from "node:http";
import type { RequestContext, TextStream } from "../http/handler.ts";
import type { LiveKind } from "../live/live-connections.ts";

const roomFor = (response: ServerResponse): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => {
    response.off("drain", done).off("close", done);
    resolve();
  };
  response.on("drain", done).on("close", done);
  return promise;
};

/**
 * Begins a streamed 200 response, which is cut when the caller may have it no longer. Nothing is buffered beyond the
 * socket's high-water mark.
 * @param kind what the connection is registered as
 * @param heartbeat sent whenever nothing else was for `heartbeatMs`; a comment of the format
 */
export const beginTextStream = (
  { reply, requestId, registerLive, subscription }: RequestContext,
  kind: Extract<LiveKind, "events" | "logs">,
  contentType: string,
  heartbeat?: { readonly text: string; readonly everyMs: number },
): TextStream => {
  if (subscription) return subscription.openText((revoke) => registerLive(kind, revoke));
  const response = reply.raw;
  const connection = registerLive(kind, () => response.destroy());
  response.once("close", connection.done);
  response.writeHead(200, {
    "content-type": contentType,
    "cache-control": "no-cache",
    // Reverse proxies that buffer would hold the stream back.
    "x-accel-buffering": "no",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-request-id": requestId,
  });
  response.flushHeaders();

  const timer =
    heartbeat &&
    setInterval(() => {
      // A client that does not read needs no more of it.
      if (!response.writableNeedDrain) response.write(heartbeat.text);
    }, heartbeat.everyMs);
  response.once("close", () => clearInterval(timer));

  return {
    async write(text) {
      if (response.destroyed || response.closed) return false;
      timer?.refresh();
      if (!response.write(text)) await roomFor(response);
      return !response.destroyed && !response.closed;
    },
    async end() {
      clearInterval(timer);
      if (response.destroyed || response.closed) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      response.once("close", resolve);
      response.end(resolve);
      await promise;
    },
  };
};

/** Milliseconds between heartbeats of event streams (rest-contract 3.1). */
export const heartbeatMs = 15_000;

export const eventStreamType = "text/event-stream; charset=utf-8";

/** Does the client ask for an event stream rather than the default representation? */
export const wantsEventStream = ({ request }: RequestContext): boolean =>
  (request.headers.accept ?? "")
    .split(",")
    .some((range) => range.split(";", 1)[0]?.trim().toLowerCase() === "text/event-stream");
