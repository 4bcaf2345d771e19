/**
 * Header compression (RFC 7541) as far as one side needs it that lets its peer have no dynamic table
 * (SETTINGS_HEADER_TABLE_SIZE 0): the static table, Huffman codes of printable ASCII, and literals without either for
 * what it sends.
 */

/** Appendix A, from index 1: `name` or `name=value`. */
const staticTable =
  `:authority :method=GET :method=POST :path=/ :path=/index.html :scheme=http :scheme=https :status=200
:status=204 :status=206 :status=304 :status=400 :status=404 :status=500 accept-charset accept-encoding=gzip,deflate
accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control
content-disposition content-encoding content-language content-length content-location content-range content-type cookie
date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified
link location max-forwards proxy-authenticate proxy-authorization range referer refresh retry-after server set-cookie
strict-transport-security transfer-encoding user-agent vary via www-authenticate`
    .split(/\s+/)
    .map((entry): readonly [string, string] => {
      const equals = entry.indexOf("=");
      return equals < 0 ? [entry, ""] : [entry.slice(0, equals), entry.slice(equals + 1)];
    });

/** Appendix B: codes of the characters from space to `~`. */
const codes = `
  010100 1111111000 1111111001 111111111010 1111111111001 010101 11111000 11111111010
  1111111010 1111111011 11111001 11111111011 11111010 010110 010111 011000
  00000 00001 00010 011001 011010 011011 011100 011101
  011110 011111 1011100 11111011 111111111111100 100000 111111111011 1111111100
  1111111111010 100001 1011101 1011110 1011111 1100000 1100001 1100010
  1100011 1100100 1100101 1100110 1100111 1101000 1101001 1101010
  1101011 1101100 1101101 1101110 1101111 1110000 1110001 1110010
  11111100 1110011 11111101 1111111111011 1111111111111110000 1111111111100 11111111111100 100010
  111111111111101 00011 100011 00100 100100 00101 100101 100110
  100111 00110 1110100 1110101 101000 101001 101010 00111
  101011 1110110 101100 01000 01001 101101 1110111 1111000
  1111001 1111010 1111011 111111111111110 11111111100 11111111111101 1111111111101
`
  .trim()
  .split(/\s+/);

const symbols = new Map(codes.map((code, index) => [code, String.fromCharCode(0x20 + index)]));
const longestCode = Math.max(...codes.map((code) => code.length));

/** @throws Error for codes that no header of gRPC has */
const decodeHuffman = (bytes: Uint8Array): string => {
  let text = "";
  let code = "";
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      code += (byte >> bit) & 1;
      const symbol = symbols.get(code);
      if (symbol !== undefined) {
        text += symbol;
        code = "";
      } else if (code.length > longestCode) throw new Error("a header has an unexpected character");
    }
  }
  if (code.length > 7 || code.includes("0")) throw new Error("a header is not padded with ones");
  return text;
};

/**
 * Reads a header block. A repeated name keeps its last value.
 * @throws Error when the block is malformed or refers to a dynamic table
 */
export const decodeHeaders = (block: Buffer): Map<string, string> => {
  const headers = new Map<string, string>();
  let at = 0;
  const next = (): number => {
    const byte = block[at++];
    if (byte === undefined) throw new Error("the header block is cut off");
    return byte;
  };
  const integer = (first: number, bits: number): number => {
    const limit = (1 << bits) - 1;
    let value = first & limit;
    if (value < limit) return value;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = next();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Error("a number of a header block is too large");
  };
  const string = (): string => {
    const first = next();
    const length = integer(first, 7);
    if (at + length > block.length) throw new Error("the header block is cut off");
    const bytes = block.subarray(at, at + length);
    at += length;
    return first & 0x80 ? decodeHuffman(bytes) : bytes.toString("latin1");
  };
  const entry = (index: number): readonly [string, string] => {
    const found = staticTable[index - 1];
    if (!found) throw new Error("a header block refers to a table that is not there");
    return found;
  };
  while (at < block.length) {
    const first = next();
    if (first & 0x80) headers.set(...entry(integer(first, 7)));
    else if ((first & 0xe0) === 0x20) integer(first, 5);
    else {
      const index = integer(first, first & 0x40 ? 6 : 4);
      const name = index === 0 ? string() : entry(index)[0];
      headers.set(name, string());
    }
  }
  return headers;
};

const length = (value: number): number[] => {
  if (value < 0x7f) return [value];
  const bytes = [0x7f];
  let rest = value - 0x7f;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
};

/** A header block of literals that are not to be remembered. */
export const encodeHeaders = (headers: ReadonlyArray<readonly [string, string]>): Buffer =>
  Buffer.concat(
    headers.flatMap(([name, value]) => [
      Buffer.from([0x00, ...length(Buffer.byteLength(name))]),
      Buffer.from(name, "latin1"),
      Buffer.from(length(Buffer.byteLength(value, "latin1"))),
      Buffer.from(value, "latin1"),
    ]),
  );
