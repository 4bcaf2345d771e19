import type { FrameParser } from "../frames.ts";

/** What a client sends, given by calls. */
export interface SftpInput {
  /** Begins. A chunk is the session's only until `chunk` returns. */
  start(sink: { chunk(bytes: Uint8Array): void; end(): void }): void;
  /** Asks for no more chunks, as far as that is possible at once. */
  pause(): void;
  resume(): void;
}

/** Bytes of packets that may wait before the client is asked to pause. */
const highWater = 512 * 1024;

/** The packets of what a client sends, as fast as they are taken. Fails when the client breaks the protocol. */
export const incomingPackets = (
  input: AsyncIterable<Uint8Array> | SftpInput,
  frames: FrameParser,
): AsyncGenerator<Uint8Array, undefined, undefined> =>
  "start" in input ? fromCalls(input, frames) : fromIterable(input, frames);

async function* fromIterable(
  input: AsyncIterable<Uint8Array>,
  frames: FrameParser,
): AsyncGenerator<Uint8Array, undefined, undefined> {
  for await (const chunk of input) yield* frames.push(chunk);
}

async function* fromCalls(
  input: SftpInput,
  frames: FrameParser,
): AsyncGenerator<Uint8Array, undefined, undefined> {
  const queue: Uint8Array[] = [];
  let size = 0;
  let paused = false;
  let over: { error?: unknown } | undefined;
  let wake: (() => void) | undefined;
  const notify = () => {
    wake?.();
    wake = undefined;
  };
  input.start({
    chunk(bytes) {
      if (over) return;
      try {
        for (const packet of frames.push(bytes)) {
          queue.push(packet);
          size += packet.length;
        }
      } catch (error) {
        over = { error };
      }
      if (!paused && size >= highWater) {
        paused = true;
        input.pause();
      }
      notify();
    },
    end() {
      over ??= {};
      notify();
    },
  });
  try {
    for (;;) {
      const packet = queue.shift();
      if (packet) {
        size -= packet.length;
        if (paused && size < highWater / 2) {
          paused = false;
          input.resume();
        }
        yield packet;
      } else if (over) {
        if ("error" in over) throw over.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    // Whatever still comes is dropped.
    over ??= {};
    if (paused) input.resume();
  }
}
