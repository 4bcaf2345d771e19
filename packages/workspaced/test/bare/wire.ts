/** A value of a field: text, bytes or a message are length-delimited, everything else is a varint. */
export type WireValue = string | Uint8Array | number | bigint | boolean | WireMessage;
/** Field numbers with their values, in the order they are written. */
export type WireMessage = ReadonlyArray<readonly [field: number, value: WireValue]>;

const varint = (value: bigint): number[] => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return bytes;
};

/** Writes a message from field numbers alone: it shares no code with what it talks to. */
export const encode = (message: WireMessage): Buffer =>
  Buffer.concat(
    message.map(([field, value]) => {
      const tag = BigInt(field) << 3n;
      if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") {
        return Buffer.from([...varint(tag), ...varint(BigInt(value))]);
      }
      const bytes =
        typeof value === "string"
          ? Buffer.from(value)
          : value instanceof Uint8Array
            ? Buffer.from(value)
            : encode(value);
      return Buffer.concat([Buffer.from([...varint(tag | 2n), ...varint(BigInt(bytes.length))]), bytes]);
    }),
  );

/** A message as read: what is not there is absent, whatever a generated class would say. */
export interface WireFields {
  /** Numbers of the fields that are there, in order, repeats included. */
  readonly numbers: readonly number[];
  bytes(field: number): Buffer | undefined;
  text(field: number): string | undefined;
  /** A varint as signed 64-bit number. */
  number(field: number): number | undefined;
  messages(field: number): WireFields[];
}

const readVarint = (bytes: Buffer, start: number): readonly [value: bigint, next: number] => {
  let value = 0n;
  let at = start;
  for (let shift = 0n; ; shift += 7n) {
    const byte = bytes[at++];
    if (byte === undefined) throw new Error("cut off");
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at];
  }
};

export const decode = (bytes: Buffer): WireFields => {
  const fields: Array<readonly [number, bigint | Buffer]> = [];
  for (let at = 0; at < bytes.length; ) {
    const [tag, afterTag] = readVarint(bytes, at);
    const field = Number(tag >> 3n);
    const type = Number(tag & 7n);
    if (type === 0) {
      const [value, next] = readVarint(bytes, afterTag);
      fields.push([field, value]);
      at = next;
      continue;
    }
    const [size, start] = type === 2 ? readVarint(bytes, afterTag) : [type === 1 ? 8n : 4n, afterTag];
    at = start + Number(size);
    if (at > bytes.length) throw new Error("cut off");
    fields.push([field, bytes.subarray(start, at)]);
  }
  const last = (wanted: number) => fields.findLast(([field]) => field === wanted)?.[1];
  const bytesOf = (field: number) => {
    const value = last(field);
    return Buffer.isBuffer(value) ? value : undefined;
  };
  return {
    numbers: fields.map(([field]) => field),
    bytes: bytesOf,
    text: (field) => bytesOf(field)?.toString(),
    number(field) {
      const value = last(field);
      return typeof value === "bigint" ? Number(BigInt.asIntN(64, value)) : undefined;
    },
    messages: (wanted) =>
      fields.flatMap(([field, value]) => (field === wanted && Buffer.isBuffer(value) ? [decode(value)] : [])),
  };
};
