import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiError } from "../http/api-error.ts";

/** A peer that moves no byte for this long has gone. Milliseconds. */
const stallMs = 120_000;

/**
 * The body of a request, piece by piece; it is read only as it is taken.
 * @throws ApiError client_closed_request when it breaks off, timeout when nothing comes
 */
export async function* requestBody(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  let stalled = false;
  const watch = () =>
    setTimeout(() => {
      stalled = true;
      request.destroy();
    }, stallMs);
  let timer = watch();
  try {
    // The socket must survive: there is an answer to send when the transfer fails.
    const chunks: AsyncIterable<Uint8Array> = request.iterator({ destroyOnReturn: false });
    for await (const chunk of chunks) {
      // The consumer's own time does not count.
      clearTimeout(timer);
      yield chunk;
      timer = watch();
    }
  } catch (cause) {
    if (stalled) throw new ApiError("timeout", "The upload stalled.", { cause });
    throw new ApiError("client_closed_request", "The upload broke off.", { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until the response takes more; resolves to false when the client has gone or takes nothing for too long. */
const roomIn = (response: ServerResponse): Promise<boolean> =>
  new Promise((resolve) => {
    const settle = (open: boolean) => {
      clearTimeout(timer);
      response.off("drain", onDrain).off("close", onClose);
      resolve(open);
    };
    const onDrain = () => settle(true);
    const onClose = () => settle(false);
    const timer = setTimeout(() => {
      response.destroy();
      settle(false);
    }, stallMs);
    response.on("drain", onDrain).on("close", onClose);
  });

/**
 * Writes chunks to a response as fast as the client takes them, and ends it.
 * @returns false when the client went before the end; the source has been told to stop then
 */
export const sendBody = async (
  response: ServerResponse,
  chunks: AsyncIterable<Uint8Array>,
): Promise<boolean> => {
  for await (const chunk of chunks) {
    if (response.destroyed || response.closed) return false;
    if (!response.write(chunk) && !(await roomIn(response))) return false;
  }
  if (response.destroyed || response.closed) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  response.once("close", () => resolve(response.writableFinished));
  response.end(() => resolve(true));
  return promise;
};
