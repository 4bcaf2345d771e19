import type { IncomingMessage, ServerResponse } from "node:http";
import { afterOwnTime } from "@k8shell/contract";
import { ApiError } from "../http/api-error.ts";

/** A peer that moves no byte for this long has gone. Milliseconds. */
const stallMs = 120_000;

/** Bytes of a body that may wait before its sender is held back. */
const highWater = 256 * 1024;

/**
 * The body of a request, piece by piece as it was read; it is read only as it is taken.
 * @throws ApiError client_closed_request when it breaks off, timeout when nothing comes
 */
export async function* requestBody(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  // Node's own iterator joins what waits into one chunk: a copy of nearly everything.
  const queue: Uint8Array[] = [];
  let size = 0;
  let ended = request.readableEnded;
  let broken: { cause?: unknown } | undefined = request.destroyed && !ended ? {} : undefined;
  let wake: (() => void) | undefined;
  const notify = () => {
    wake?.();
    wake = undefined;
  };
  const onData = (chunk: Uint8Array) => {
    queue.push(chunk);
    size += chunk.length;
    if (size >= highWater) request.pause();
    notify();
  };
  const onEnd = () => {
    ended = true;
    notify();
  };
  const onError = (cause: unknown) => {
    broken ??= { cause };
    notify();
  };
  const onClose = () => {
    if (!ended) broken ??= {};
    notify();
  };
  request.on("end", onEnd).on("error", onError).on("close", onClose).on("data", onData);
  try {
    for (;;) {
      const chunk = queue.shift();
      if (chunk) {
        size -= chunk.length;
        if (size < highWater / 2 && request.isPaused()) request.resume();
        yield chunk;
      } else if (ended) return;
      else if (broken) {
        throw new ApiError("client_closed_request", "The upload broke off.", { cause: broken.cause });
      } else {
        // The consumer's own time does not count.
        let stalled = false;
        await new Promise<void>((resolve) => {
          const stopWaiting = afterOwnTime(stallMs, () => {
            stalled = true;
            resolve();
          });
          wake = () => {
            stopWaiting();
            resolve();
          };
        });
        if (!stalled) continue;
        request.destroy();
        throw new ApiError("timeout", "The upload stalled.");
      }
    }
  } finally {
    // The socket must survive: there is an answer to send when the transfer fails.
    request.off("end", onEnd).off("close", onClose).off("data", onData);
    request.pause();
  }
}

/** Waits until the response takes more; resolves to false when the client has gone or takes nothing for too long. */
const roomIn = (response: ServerResponse): Promise<boolean> =>
  new Promise((resolve) => {
    const settle = (open: boolean) => {
      stopWaiting();
      response.off("drain", onDrain).off("close", onClose);
      resolve(open);
    };
    const onDrain = () => settle(true);
    const onClose = () => settle(false);
    const stopWaiting = afterOwnTime(stallMs, () => {
      response.destroy();
      settle(false);
    });
    response.on("drain", onDrain).on("close", onClose);
  });

/**
 * Writes chunks to a response as fast as the client takes them, and ends it.
 * @param release takes chunks that nobody looks at any more
 * @returns false when the client went before the end; the source has been told to stop then
 */
export const sendBody = async (
  response: ServerResponse,
  chunks: AsyncIterable<Uint8Array>,
  release?: (chunk: Uint8Array) => void,
): Promise<boolean> => {
  for await (const chunk of chunks) {
    if (response.destroyed || response.closed) return false;
    const sent = release && ((error?: Error | null) => (error ? undefined : release(chunk)));
    if (!response.write(chunk, sent) && !(await roomIn(response))) return false;
  }
  if (response.destroyed || response.closed) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  response.once("close", () => resolve(response.writableFinished));
  response.end(() => resolve(true));
  return promise;
};
