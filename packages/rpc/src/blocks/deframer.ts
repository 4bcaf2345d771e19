/** What comes out of a stream of gRPC messages (length-prefixed protobuf). */
export interface DeframerEvents {
  /** A piece of a message that is nothing but the block of bytes with the tag asked for. */
  onBlock(piece: Buffer): void;
  /** Any other message, whole. */
  onMessage(message: Buffer): void;
}

const prefixBytes = 5;
/** Messages that are no block are small: a destination, or empty. */
const maxMessageBytes = 64 << 10;
/** Bytes that tell a block: the prefix, the tag and the longest length. */
const maxHead = prefixBytes + 1 + 5;

/** Pieces of blocks pass as they come: they are not put together again. */
export interface Deframer {
  /** @throws Error for a message that is compressed, too long or no protobuf */
  push(bytes: Buffer): void;
  /** Between two messages. */
  readonly idle: boolean;
}

/** @param tag key of the field whose bytes are passed in pieces (field number and wire type 2, one byte) */
export const createDeframer = (tag: number, { onBlock, onMessage }: DeframerEvents): Deframer => {
  /** The beginning of a message that came in pieces. */
  let head: Buffer | undefined;
  let blockLeft = 0;

  /** Reads one message's beginning at `at`; returns where to go on, or -1 when more bytes are needed. */
  const begin = (bytes: Buffer, at: number): number => {
    const rest = bytes.length - at;
    if (rest < prefixBytes) return -1;
    if (bytes[at] !== 0) throw new Error("compressed messages were not asked for");
    const size = bytes.readUInt32BE(at + 1);
    const start = at + prefixBytes;
    if (size === 0) {
      onMessage(Buffer.alloc(0));
      return start;
    }
    if (rest < Math.min(maxHead, prefixBytes + size)) return -1;
    if (bytes[start] === tag) {
      let value = 0;
      let position = start + 1;
      for (let shift = 0; shift < 28; shift += 7) {
        const byte = bytes[position++] ?? 0;
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
      if (position - start + value === size) {
        blockLeft = value;
        return position;
      }
    }
    if (size > maxMessageBytes) throw new Error("a message is too long");
    if (rest < prefixBytes + size) return -1;
    onMessage(bytes.subarray(start, start + size));
    return start + size;
  };

  return {
    get idle() {
      return head === undefined && blockLeft === 0;
    },
    push(given) {
      let bytes = given;
      if (head) {
        bytes = Buffer.concat([head, given]);
        head = undefined;
      }
      let at = 0;
      while (at < bytes.length) {
        if (blockLeft > 0) {
          const taken = Math.min(blockLeft, bytes.length - at);
          blockLeft -= taken;
          onBlock(bytes.subarray(at, at + taken));
          at += taken;
          continue;
        }
        const next = begin(bytes, at);
        if (next < 0) {
          // A copy: it is small, and the whole buffer would be kept for it.
          head = Buffer.from(bytes.subarray(at));
          return;
        }
        at = next;
      }
    },
  };
};
