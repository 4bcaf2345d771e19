import { isUtf8 } from "node:buffer";

/**
 * Makes a byte stream safe for protobuf strings: every piece that comes out is valid UTF-8 on its own, no code point
 * is ever split over two pieces, and invalid bytes are replaced by U+FFFD (grpc-behaviour section 10: an invalid
 * string kills the peer's decoder). Together the pieces are what decoding the whole stream at once would give.
 */
export interface Utf8Chunker {
  /** The next piece; empty when all of it must wait for the rest of a code point (at most three bytes). */
  push(chunk: Uint8Array): Uint8Array;
  /** What is still held, at the end of the stream: a cut code point becomes U+FFFD. */
  flush(): Uint8Array;
}

const nothing = Buffer.alloc(0);

const lengthByLead = (byte: number): number =>
  byte >= 0xc2 && byte <= 0xdf ? 2 : byte >= 0xe0 && byte <= 0xef ? 3 : byte >= 0xf0 && byte <= 0xf4 ? 4 : 0;

/** How many bytes at the end may be the beginning of a longer code point. */
const unfinished = (bytes: Buffer): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0x80 && byte <= 0xbf) continue;
    return lengthByLead(byte) > back ? back : 0;
  }
  return 0;
};

const valid = (bytes: Buffer): Buffer =>
  isUtf8(bytes) ? bytes : Buffer.from(bytes.toString("utf8"), "utf8");

export const createUtf8Chunker = (): Utf8Chunker => {
  let held: Buffer = nothing;
  return {
    push(chunk) {
      const bytes =
        held.length > 0
          ? Buffer.concat([held, chunk])
          : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const cut = bytes.length - unfinished(bytes);
      // A copy: a view would keep the whole chunk alive.
      held = cut < bytes.length ? Buffer.from(bytes.subarray(cut)) : nothing;
      return cut === 0 ? nothing : valid(bytes.subarray(0, cut));
    },
    flush() {
      const rest = held;
      held = nothing;
      return rest.length === 0 ? nothing : valid(rest);
    },
  };
};
