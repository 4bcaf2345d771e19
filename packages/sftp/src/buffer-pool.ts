import { dataHeaderLength } from "./packets.ts";
import { maxPacketLength } from "./protocol.ts";

/**
 * Memory of large packets, used again and again: fresh memory costs more than the copy that fills it, because the
 * kernel must clear it and the collector must find it.
 */
export interface BufferPool {
  /** Memory for a packet. Content is what was there before. */
  take(length: number): Buffer;
  /** Gives the memory behind some bytes back, if it came from here. Nobody may look at it afterwards. */
  give(bytes: Uint8Array): void;
}

const blockLength = maxPacketLength + dataHeaderLength;
/** Shorter packets come from Node's own pool. Bytes. */
const worthPooling = 16 * 1024;

/** @param kept blocks of a little more than 256 KiB that are kept at most */
export const createBufferPool = (kept = 16): BufferPool => {
  const free: ArrayBufferLike[] = [];
  const lent = new WeakSet<ArrayBufferLike>();
  return {
    take(length) {
      if (length < worthPooling || length > blockLength) return Buffer.allocUnsafe(length);
      const block = free.pop() ?? Buffer.allocUnsafeSlow(blockLength).buffer;
      lent.add(block);
      return Buffer.from(block, 0, length);
    },
    give({ buffer }) {
      if (lent.delete(buffer) && free.length < kept) free.push(buffer);
    },
  };
};
