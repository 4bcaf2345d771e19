/** What comes out of a stream of gRPC messages (length-prefixed protobuf). */
export interface DeframerEvents {
  /** A piece of a message that is nothing but the block of bytes with the tag asked for. */
  onBlock(piece: Buffer): void;
  /** Any other message, whole. */
  onMessage(message: Buffer): void;
}

const prefixBytes = 5;
/** Longest message that is no block, as of every other call: a command with its arguments and variables may be long. */
const maxMessageBytes = 4 << 20;
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
  /** Where the beginning of a message that comes in pieces is put together, as long as what is known to be needed of it. */
  let gathered: Buffer | undefined;
  let filled = 0;
  let blockLeft = 0;

  /** Reads one message's beginning at `at`; returns where to go on, or how many more bytes are needed as a negative number. */
  const begin = (bytes: Buffer, at: number): number => {
    const rest = bytes.length - at;
    if (rest < prefixBytes) return rest - prefixBytes;
    if (bytes[at] !== 0) throw new Error("compressed messages were not asked for");
    const size = bytes.readUInt32BE(at + 1);
    const start = at + prefixBytes;
    if (size === 0) {
      onMessage(Buffer.alloc(0));
      return start;
    }
    const least = Math.min(maxHead, prefixBytes + size);
    if (rest < least) return rest - least;
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
    if (rest < prefixBytes + size) return rest - prefixBytes - size;
    onMessage(bytes.subarray(start, start + size));
    return start + size;
  };

  const take = (bytes: Buffer): void => {
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
        // A copy: the memory of what was received is used again.
        gathered = Buffer.allocUnsafe(bytes.length - at - next);
        filled = bytes.copy(gathered, 0, at);
        return;
      }
      at = next;
    }
  };

  return {
    get idle() {
      return gathered === undefined && blockLeft === 0;
    },
    push(given) {
      let bytes = given;
      while (gathered) {
        const taken = bytes.copy(gathered, filled);
        filled += taken;
        if (filled < gathered.length) return;
        const whole = gathered;
        gathered = undefined;
        bytes = bytes.subarray(taken);
        take(whole);
      }
      take(bytes);
    },
  };
};
