import type { Writable } from "node:stream";
import { giveSlab, slabBytes, takeSlab } from "./slabs.ts";

/** Writes bytes to a socket that are the writer's only for the time of the call. */
export interface LentWriter {
  /**
   * Copies the bytes; what comes in one turn of the event loop leaves together. False: wait for the socket's `drain`. What
   * is written is sent in any case.
   */
  write(bytes: Buffer): boolean;
  /** Hands what was written to the socket, before something is written there by another way. */
  flush(): void;
}

/** Up to this, bytes, the first write of a turn leaves at once: as a rule it is the only one. */
const smallBytes = 2 << 10;

/** A slab in use. */
interface Lent {
  readonly memory: Buffer;
  /** Where the next bytes go. */
  at: number;
  /** Pieces of it that the socket still has. */
  underWay: number;
}

/** @param maxUnsent bytes that may wait for a slow reader; at least what the socket itself takes before it is full */
export const createLentWriter = (socket: Writable, maxUnsent = 256 << 10): LentWriter => {
  let slab: Lent | undefined;
  /** What is in the slab and not yet with the socket begins here. */
  let from = 0;
  let scheduled = false;

  /** A slab leaves when the socket has nothing of it and nothing can be added, or nothing was. */
  const leave = (used: Lent) => {
    if (used.underWay > 0 || (used === slab && used.at > from)) return;
    if (used === slab) slab = undefined;
    giveSlab(used.memory);
  };
  const flush = () => {
    const used = slab;
    if (!used || used.at === from) return;
    const piece = used.memory.subarray(from, used.at);
    from = used.at;
    used.underWay += 1;
    if (from === slabBytes) slab = undefined;
    socket.write(piece, (error) => {
      // Of a socket that broke it is not known what still reads it.
      if (error) return;
      used.underWay -= 1;
      leave(used);
    });
  };
  const flushLater = () => {
    scheduled = false;
    flush();
  };

  return {
    flush,
    write(bytes) {
      const isFirst = !scheduled;
      if (isFirst) {
        scheduled = true;
        process.nextTick(flushLater);
      }
      if (isFirst && bytes.length <= smallBytes) {
        return socket.write(Buffer.from(bytes)) || socket.writableLength <= maxUnsent;
      }
      for (let done = 0; done < bytes.length; ) {
        if (!slab) {
          slab = { memory: takeSlab(), at: 0, underWay: 0 };
          from = 0;
        }
        const copied = bytes.copy(slab.memory, slab.at, done);
        slab.at += copied;
        done += copied;
        if (slab.at === slabBytes) flush();
      }
      if (socket.writableLength + slabBytes <= maxUnsent) return true;
      flush();
      return socket.writableLength <= maxUnsent;
    },
  };
};
