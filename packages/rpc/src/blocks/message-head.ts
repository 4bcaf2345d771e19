/** Bytes before a block in its gRPC message: the length prefix, and key and length of the protobuf field. */
export const messageHeadBytes = (size: number): number =>
  5 + 1 + (size < 0x80 ? 1 : size < 0x4000 ? 2 : size < 0x20_0000 ? 3 : 4);

/**
 * Writes what stands before a block of `size` bytes.
 * @param tag key of the field (field number and wire type 2)
 */
export const writeMessageHead = (target: Buffer, place: number, tag: number, size: number): void => {
  let at = place;
  const message = messageHeadBytes(size) - 5 + size;
  target[at++] = 0;
  target[at++] = message >>> 24;
  target[at++] = (message >> 16) & 0xff;
  target[at++] = (message >> 8) & 0xff;
  target[at++] = message & 0xff;
  target[at++] = tag;
  let rest = size;
  for (; rest > 0x7f; rest >>>= 7) target[at++] = (rest & 0x7f) | 0x80;
  target[at] = rest;
};
