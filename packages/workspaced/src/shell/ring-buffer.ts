/** The last bytes of a stream, in bounded memory. */
export interface RingBuffer {
  push(chunk: Uint8Array): void;
  /** A copy of what is kept, oldest byte first. */
  snapshot(): Uint8Array;
}

/** @param capacity bytes kept; the memory is taken as it fills */
export const createRingBuffer = (capacity: number): RingBuffer => {
  let store = new Uint8Array(0);
  let start = 0;
  let length = 0;

  const grow = (wanted: number) => {
    if (store.length >= wanted || store.length === capacity) return;
    const bigger = new Uint8Array(Math.min(capacity, Math.max(wanted, store.length * 2, 4096)));
    copyTo(bigger);
    store = bigger;
    start = 0;
  };
  const copyTo = (target: Uint8Array) => {
    const first = Math.min(length, store.length - start);
    target.set(store.subarray(start, start + first));
    target.set(store.subarray(0, length - first), first);
  };

  return {
    push(chunk) {
      const kept = chunk.length > capacity ? chunk.subarray(chunk.length - capacity) : chunk;
      if (kept.length === 0) return;
      grow(length + kept.length);
      const at = (start + length) % store.length;
      const first = Math.min(kept.length, store.length - at);
      store.set(kept.subarray(0, first), at);
      store.set(kept.subarray(first), 0);
      const over = Math.max(0, length + kept.length - store.length);
      start = (start + over) % store.length;
      length += kept.length - over;
    },
    snapshot() {
      const copy = new Uint8Array(length);
      copyTo(copy);
      return copy;
    },
  };
};
