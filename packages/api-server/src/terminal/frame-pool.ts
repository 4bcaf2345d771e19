/** Buffers for frames of output, used again once they have left. */
export interface FramePool {
  /** A buffer of at least `length` bytes. */
  take(length: number): Buffer;
  /** `buffer`, as it came from `take`, is not used any more. */
  give(buffer: Buffer): void;
}

/**
 * Memory outside of the JavaScript heap, as buffers have it, makes the garbage collector run: at full speed it took half
 * of the gateway's time.
 * @param size bytes of a buffer; larger ones are not kept
 * @param kept most buffers kept
 */
export const createFramePool = (size: number, kept: number): FramePool => {
  const free: Buffer[] = [];
  return {
    take(length) {
      if (length > size) return Buffer.allocUnsafeSlow(length);
      return free.pop() ?? Buffer.allocUnsafeSlow(size);
    },
    give(buffer) {
      if (buffer.length === size && free.length < kept) free.push(buffer);
    },
  };
};
