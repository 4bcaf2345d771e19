import { SftpProtocolError } from "./protocol.ts";

/** Reads the fields of one packet in order. Every read past the end throws SftpProtocolError. */
export interface PacketReader {
  u8(): number;
  u32(): number;
  /** As a number: exact below 2^53, rounded above. */
  u64(): number;
  /** A counted byte string; a view, not a copy. */
  bytes(): Buffer;
  /** A counted string as UTF-8; invalid bytes become U+FFFD. */
  text(): string;
  /** Bytes not read yet. */
  readonly remaining: number;
  /** The rest of the packet as a view. */
  rest(): Buffer;
}

export const createPacketReader = (packet: Uint8Array): PacketReader => {
  const buffer = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength);
  let position = 0;
  const take = (length: number): number => {
    const start = position;
    if (length > buffer.length - start) throw new SftpProtocolError("packet is cut short");
    position = start + length;
    return start;
  };
  const bytes = (): Buffer => {
    const length = buffer.readUInt32BE(take(4));
    const start = take(length);
    return buffer.subarray(start, start + length);
  };
  return {
    u8: () => buffer.readUInt8(take(1)),
    u32: () => buffer.readUInt32BE(take(4)),
    u64() {
      const start = take(8);
      return buffer.readUInt32BE(start) * 0x1_0000_0000 + buffer.readUInt32BE(start + 4);
    },
    bytes,
    text: () => bytes().toString("utf8"),
    get remaining() {
      return buffer.length - position;
    },
    rest() {
      const start = take(buffer.length - position);
      return buffer.subarray(start);
    },
  };
};

/** Builds one packet. Numbers are masked to their width. */
export interface PacketWriter {
  u32(value: number): void;
  u64(value: number): void;
  /** A counted string: bytes, or text as UTF-8. */
  string(value: Uint8Array | string): void;
  /** Bytes without a count. */
  raw(value: Uint8Array): void;
  /**
   * The packet with its length field. The writer must not be used afterwards.
   * @param following bytes that belong to the packet and are sent behind it
   */
  finish(following?: number): Buffer;
}

/** Starts a packet of the given type. `expected` is a guess of its size in bytes, to allocate once. */
export const createPacketWriter = (type: number, expected = 256): PacketWriter => {
  let buffer = Buffer.allocUnsafe(Math.max(expected, 16));
  buffer[4] = type;
  let length = 5;
  const room = (size: number): number => {
    const start = length;
    if (start + size > buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, start + size));
      buffer.copy(larger, 0, 0, start);
      buffer = larger;
    }
    length = start + size;
    return start;
  };
  const u32 = (value: number) => {
    const start = room(4);
    buffer.writeUInt32BE(value >>> 0, start);
  };
  const raw = (value: Uint8Array) => {
    const start = room(value.length);
    buffer.set(value, start);
  };
  return {
    u32,
    u64(value) {
      const start = room(8);
      buffer.writeUInt32BE(Math.floor(value / 0x1_0000_0000) >>> 0, start);
      buffer.writeUInt32BE(value % 0x1_0000_0000, start + 4);
    },
    string(value) {
      const bytes = typeof value === "string" ? Buffer.from(value, "utf8") : value;
      u32(bytes.length);
      raw(bytes);
    },
    raw,
    finish(following = 0) {
      buffer.writeUInt32BE(length - 4 + following, 0);
      return buffer.subarray(0, length);
    },
  };
};
