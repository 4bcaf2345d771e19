/** Bytes that a non-negative integer (below 2^53) takes as a protobuf varint. */
export const varintLength = (value: number): number => {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length += 1;
  return length;
};

/** Writes a varint at `start`; returns the position behind it. */
export const writeVarint = (buffer: Uint8Array, start: number, value: number): number => {
  let rest = value;
  let position = start;
  while (rest >= 0x80) {
    buffer[position++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  buffer[position++] = rest;
  return position;
};
