/** What a session has to say: written by many operations at once, read by one consumer. */
export interface Outbox extends AsyncIterable<Uint8Array> {
  push(chunk: Uint8Array): void;
  /** Bytes pushed and not yet taken. */
  readonly size: number;
  /** The consumer ends after what was pushed. */
  end(): void;
}

/** Chunks below this are joined, so that a row of short responses travels as one. Bytes. */
const small = 8 * 1024;
const joined = 32 * 1024;

/** @param events `taken` is called whenever the size shrank, `abandoned` when the consumer leaves early */
export const createOutbox = (events: { taken(): void; abandoned(): void }): Outbox => {
  let queue: Uint8Array[] = [];
  let size = 0;
  let ended = false;
  let wake: (() => void) | undefined;

  const notify = () => {
    wake?.();
    wake = undefined;
  };

  const take = (): Uint8Array => {
    let count = 0;
    let length = 0;
    for (const chunk of queue) {
      if (count > 0 && (chunk.length > small || length + chunk.length > joined)) break;
      count += 1;
      length += chunk.length;
      if (chunk.length > small) break;
    }
    const parts = queue.splice(0, count);
    size -= length;
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, length);
  };

  const iterator: AsyncIterator<Uint8Array, undefined> = {
    async next() {
      for (;;) {
        if (queue.length > 0) {
          const value = take();
          events.taken();
          return { value, done: false };
        }
        if (ended) return { value: undefined, done: true };
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async return() {
      ended = true;
      queue = [];
      size = 0;
      notify();
      events.abandoned();
      return { value: undefined, done: true };
    },
  };

  return {
    push(chunk) {
      if (ended) return;
      queue.push(chunk);
      size += chunk.length;
      notify();
    },
    get size() {
      return size;
    },
    end() {
      ended = true;
      notify();
    },
    [Symbol.asyncIterator]: () => iterator,
  };
};
