import { type Connection, expectOk } from "./connection.ts";
import { createInterruption } from "./interruption.ts";

export interface WriteOptions {
  /** Where the first byte goes. Default 0. */
  offset?: number;
  signal?: AbortSignal;
  /** Takes chunks of the source that nobody looks at any more. Those that were not sent it never sees. */
  sent?: (chunk: Uint8Array) => void;
}

/** Bytes sent and not yet confirmed at most, as far as two requests do not hold more. */
const maxInFlight = 2 * 1024 * 1024;

/** What one request carries. */
interface Block {
  readonly pieces: readonly Uint8Array[];
  readonly length: number;
}

/**
 * Gathers chunks of the source, so that every request is worth its round trip: they are cut, and never copied.
 * @param lasts learns which chunk a piece is the end of
 */
const createGatherer = (limit: number, lasts: WeakMap<Uint8Array, Uint8Array>) => {
  let pieces: Uint8Array[] = [];
  let length = 0;
  const rest = (): Block[] => {
    if (length === 0) return [];
    const block = { pieces, length };
    pieces = [];
    length = 0;
    return [block];
  };
  return {
    /** The blocks that are full with it. */
    push(chunk: Uint8Array): Block[] {
      const full: Block[] = [];
      for (let at = 0; at < chunk.length; ) {
        const piece = chunk.subarray(at, at + limit - length);
        pieces.push(piece);
        length += piece.length;
        at += piece.length;
        if (at === chunk.length) lasts.set(piece, chunk);
        if (length === limit) full.push(...rest());
      }
      return full;
    },
    rest,
  };
};

/**
 * Writes a source into an open file, and takes from the source only as what was sent is answered. Resolves to the number
 * of bytes when all of them are confirmed. Requests are full, unless nothing is under way: then what has come is sent at
 * once, so that a slow source loses little when it breaks off. After a failure or an abort the source is told to stop
 * (`return`), and writes sent before may still happen.
 * @param window requests under way at most
 */
export const writeFile = async (
  connection: Connection,
  handle: Uint8Array,
  source: AsyncIterable<Uint8Array>,
  window: number,
  { offset = 0, signal, sent }: WriteOptions,
): Promise<number> => {
  const interruption = createInterruption(signal, connection.ended);
  const iterator = source[Symbol.asyncIterator]();
  const inFlight: Promise<void>[] = [];
  const lasts = new WeakMap<Uint8Array, Uint8Array>();
  let position = offset;
  let exhausted = false;
  let unanswered = 0;
  /** Sends what was gathered so far; does nothing while blocks are in the queue before it. */
  let sendRest = () => {};

  // A chunk has left when its last piece has.
  const sentPiece =
    sent &&
    ((piece: Uint8Array) => {
      const chunk = lasts.get(piece);
      if (chunk) sent(chunk);
    });
  const send = ({ pieces, length }: Block): void => {
    const answer = connection.write(handle, position, pieces, sentPiece).then(expectOk);
    unanswered += 1;
    // A refused write is known at once, even while the source is silent.
    answer.then(() => {
      unanswered -= 1;
      if (unanswered === 0) sendRest();
    }, interruption.fail);
    inFlight.push(answer);
    position += length;
  };

  try {
    const { write } = await interruption.wait(connection.limits);
    const most = Math.max(2, Math.min(window, Math.floor(maxInFlight / write)));
    const gatherer = createGatherer(write, lasts);
    for (;;) {
      sendRest = () => {
        for (const block of gatherer.rest()) send(block);
      };
      if (unanswered === 0) sendRest();
      const { value, done } = await interruption.wait(iterator.next());
      sendRest = () => {};
      if (done) break;
      for (const block of gatherer.push(value)) {
        while (inFlight.length >= most) await interruption.wait(inFlight.shift() ?? Promise.resolve());
        interruption.check();
        send(block);
      }
    }
    exhausted = true;
    for (const block of gatherer.rest()) send(block);
    for (const answer of inFlight) await interruption.wait(answer);
    return position - offset;
  } finally {
    sendRest = () => {};
    interruption.dispose();
    if (!exhausted) iterator.return?.()?.catch(() => {});
  }
};
