/** The last bytes of a stream, by their offset from its beginning, in bounded memory. */
export interface ByteRing {
  /** Offset of the oldest byte kept. */
  readonly start: number;
  /** Offset behind the newest byte. */
  readonly head: number;
  /**
   * Adds bytes; the oldest make room.
   * @param chunk no longer than the capacity
   */
  push(chunk: Uint8Array): void;
  /** Copies bytes that are kept: `length` from offset `from` into `target` at `at`. */
  copy(from: number, length: number, target: Uint8Array, at: number): void;
  /** The kept bytes from offset `from` to `to` as they lie in memory, in one or two parts, until the next `push`. */
  view(from: number, to: number): Buffer[];
  /** A copy of what is kept from offset `from` on. */
  read(from: number): Buffer;
}

/**
 * @param capacity bytes kept; the memory is taken as it fills
 * @param offset of the first byte that is pushed
 */
export const createByteRing = (capacity: number, offset = 0): ByteRing => {
  let store: Uint8Array = new Uint8Array(0);
  let start = offset;
  let head = offset;

  // While the store grows it is not circular yet: byte n is at n - offset; later at (n - offset) modulo the capacity.
  const copy = (from: number, length: number, target: Uint8Array, at: number) => {
    if (length === 0) return;
    const position = (from - offset) % capacity;
    const first = Math.min(length, capacity - position);
    target.set(store.subarray(position, position + first), at);
    if (length > first) target.set(store.subarray(0, length - first), at + first);
  };
  const grow = (wanted: number) => {
    if (store.length >= Math.min(wanted, capacity)) return;
    const bigger = new Uint8Array(Math.min(capacity, Math.max(wanted, store.length * 2, 4096)));
    bigger.set(store);
    store = bigger;
  };

  return {
    get start() {
      return start;
    },
    get head() {
      return head;
    },
    push(chunk) {
      grow(head - offset + chunk.length);
      const position = (head - offset) % capacity;
      const first = Math.min(chunk.length, capacity - position);
      store.set(first === chunk.length ? chunk : chunk.subarray(0, first), position);
      if (first < chunk.length) store.set(chunk.subarray(first), 0);
      head += chunk.length;
      start = Math.max(start, head - capacity);
    },
    copy,
    view(from, to) {
      const position = (from - offset) % capacity;
      const first = Math.min(to - from, capacity - position);
      const part = (at: number, length: number) => Buffer.from(store.buffer, store.byteOffset + at, length);
      return first < to - from
        ? [part(position, first), part(0, to - from - first)]
        : [part(position, first)];
    },
    read(from) {
      const target = Buffer.allocUnsafe(head - from);
      copy(from, target.length, target, 0);
      return target;
    },
  };
};
