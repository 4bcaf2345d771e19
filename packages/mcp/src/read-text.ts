/** A part of a file as text. */
export interface TextPart {
  readonly text: string;
  /** Bytes of the part that the text stands for: without a character at its end that goes on behind it. */
  readonly used: number;
  /** Do the same bytes come of the text again? Not when some of them are no UTF-8. */
  readonly isExact: boolean;
}

/** Bytes of the character that begins with this byte (RFC 3629). */
const lengthOf = (first: number): number => (first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1);

/** Where the last character begins when it is cut off at the end, else the number of bytes. */
const wholeCharacters = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    return lengthOf(byte) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
};

/**
 * Reads UTF-8, byte order mark included.
 * @param goesOn there is more of the file behind the part
 */
export const readText = (bytes: Uint8Array, goesOn: boolean): TextPart => {
  const whole = goesOn ? wholeCharacters(bytes) : bytes.length;
  // A part shorter than one character is shown as it is, so that whoever reads on gets on.
  const used = whole === 0 ? bytes.length : whole;
  const part = bytes.subarray(0, used);
  const options = { ignoreBOM: true };
  try {
    return { text: new TextDecoder("utf-8", { ...options, fatal: true }).decode(part), used, isExact: true };
  } catch {
    return { text: new TextDecoder("utf-8", options).decode(part), used, isExact: false };
  }
};
