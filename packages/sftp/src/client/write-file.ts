import { type Connection, expectOk } from "./connection.ts";
import { createInterruption } from "./interruption.ts";

export interface WriteOptions {
  /** Where the first byte goes. Default 0. */
  offset?: number;
  signal?: AbortSignal;
}

/** Bytes sent in one request, if the server takes as many. */
const preferredLength = 64 * 1024;
/** Chunks of the source below this are collected first. Bytes. */
const worthSending = 16 * 1024;
const collected = 32 * 1024;

/** Cuts large chunks and joins small ones, so that every request is worth its round trip. */
const createRechunker = (limit: number) => {
  const parts: Uint8Array[] = [];
  let size = 0;
  const rest = (): Uint8Array[] => {
    if (size === 0) return [];
    const whole = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, size);
    parts.length = 0;
    size = 0;
    const cut: Uint8Array[] = [];
    for (let start = 0; start < whole.length; start += limit) cut.push(whole.subarray(start, start + limit));
    return cut;
  };
  return {
    push(chunk: Uint8Array): Uint8Array[] {
      if (chunk.length > 0) parts.push(chunk);
      size += chunk.length;
      return size >= collected || (parts.length === 1 && size >= worthSending) ? rest() : [];
    },
    rest,
  };
};

/**
 * Writes a source into an open file with `window` requests in flight, and takes from the source only as they are
 * answered. Resolves to the number of bytes when all of them are confirmed. After a failure or an abort the source is
 * told to stop (`return`), and writes sent before may still happen.
 */
export const writeFile = async (
  connection: Connection,
  handle: Uint8Array,
  source: AsyncIterable<Uint8Array>,
  window: number,
  { offset = 0, signal }: WriteOptions,
): Promise<number> => {
  const interruption = createInterruption(signal, connection.ended);
  const iterator = source[Symbol.asyncIterator]();
  const inFlight: Promise<void>[] = [];
  let position = offset;
  let exhausted = false;

  const put = async (data: Uint8Array): Promise<void> => {
    while (inFlight.length >= window) await interruption.wait(inFlight.shift() ?? Promise.resolve());
    interruption.check();
    const answer = connection.request({ type: "write", handle, offset: position, data }).then(expectOk);
    // A refused write is known at once, even while the source is silent.
    answer.catch(interruption.fail);
    inFlight.push(answer);
    position += data.length;
  };

  try {
    const { write } = await interruption.wait(connection.limits);
    const rechunker = createRechunker(Math.min(preferredLength, write));
    for (;;) {
      const { value, done } = await interruption.wait(iterator.next());
      if (done) break;
      for (const data of rechunker.push(value)) await put(data);
    }
    exhausted = true;
    for (const data of rechunker.rest()) await put(data);
    for (const answer of inFlight) await interruption.wait(answer);
    return position - offset;
  } finally {
    interruption.dispose();
    if (!exhausted) iterator.return?.()?.catch(() => {});
  }
};
