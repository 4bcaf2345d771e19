import { createHash, timingSafeEqual } from "node:crypto";
import type { Digest } from "../content-digest.ts";

/** A part of an upload on its way from the client. */
export interface Part {
  /** What is to be stored; ends where the client breaks off, or at the limit. Never throws. */
  readonly content: AsyncIterable<Uint8Array>;
  /** Once `content` has ended. */
  outcome(): {
    /** Why the client sent no more, when it broke off. */
    readonly broken: unknown;
    /** The client sent more than fits. */
    readonly exceeded: boolean;
    /** Worth keeping: within its room, and with the checksum that was announced, if any was. */
    readonly sound: boolean;
  };
}

/**
 * Reads a part. What arrives is worth keeping although the client breaks off, so that is no failure here.
 * @param room bytes that may follow at most
 */
export const createPart = (
  body: AsyncIterable<Uint8Array>,
  room: number,
  checksum: Digest | undefined,
): Part => {
  const hash = checksum && createHash(checksum.algorithm);
  let broken: unknown;
  let exceeded = false;

  async function* content(): AsyncGenerator<Uint8Array> {
    let left = room;
    try {
      for await (const chunk of body) {
        const piece = chunk.length > left ? chunk.subarray(0, left) : chunk;
        exceeded = piece.length < chunk.length;
        left -= piece.length;
        hash?.update(piece);
        if (piece.length > 0) yield piece;
        if (exceeded) return;
      }
    } catch (error) {
      broken = error;
    }
  }

  return {
    content: content(),
    outcome() {
      const matches = () =>
        hash === undefined || timingSafeEqual(hash.digest(), checksum?.expected ?? Buffer.alloc(0));
      const verifiable = broken === undefined || hash === undefined;
      const sound = !exceeded && verifiable && matches();
      return { broken, exceeded, sound };
    },
  };
};
