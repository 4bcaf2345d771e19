// Text rules of the platform's user strings, which are defined by Go's standard library. JavaScript's own functions
// differ in the corners (white space, case mapping, invalid UTF-8), and a difference here would be another workspace id.
//
// A byte that is not valid UTF-8 is carried through a string as the lone surrogate U+DC00 + byte.

const utf8 = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes of one UTF-8 sequence by its first byte; 1 where none can start. */
const sequenceLength = (first: number): number =>
  first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;

/** Decodes UTF-8, keeping each invalid byte as a lone surrogate. */
export const decodeUtf8 = (bytes: Uint8Array): string => {
  try {
    return strict.decode(bytes);
  } catch {
    let text = "";
    for (let i = 0; i < bytes.length; ) {
      const length = sequenceLength(bytes[i] ?? 0);
      try {
        text += strict.decode(bytes.subarray(i, i + length));
        i += length;
      } catch {
        text += String.fromCharCode(0xdc00 + (bytes[i] ?? 0));
        i += 1;
      }
    }
    return text;
  }
};

const isEscapedByte = (char: string): boolean => char.length === 1 && char >= "\udc80" && char <= "\udcff";

/** The inverse of `decodeUtf8`. */
export const encodeUtf8 = (text: string): Uint8Array => {
  if (text.isWellFormed()) return utf8.encode(text);
  const bytes: number[] = [];
  for (const char of text) {
    if (isEscapedByte(char)) bytes.push(char.charCodeAt(0) - 0xdc00);
    else bytes.push(...utf8.encode(char));
  }
  return Uint8Array.from(bytes);
};

/** Number of code points; an invalid byte counts as one. */
export const codePoints = (text: string): number => Array.from(text).length;

const space = "[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const edges = new RegExp(`^${space}|${space}$`, "g");

/** Removes Unicode white space at both ends (unlike `trim`: U+0085 is space, a byte order mark is not). */
export const trimSpace = (text: string): string => text.replace(edges, "");

/** Simple case mapping, one code point to one: no final sigma, no combining dot; invalid bytes become U+FFFD. */
export const lower = (text: string): string => {
  let result = "";
  for (const char of text)
    result += isEscapedByte(char) ? "\ufffd" : (Array.from(char.toLowerCase())[0] ?? "");
  return result;
};

/** Percent-decodes a path segment (`+` stays). Undefined when a `%` is not followed by two hex digits. */
export const pathUnescape = (text: string): string | undefined => {
  if (!text.includes("%")) return text;
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  const source = encodeUtf8(text);
  const bytes: number[] = [];
  for (let i = 0; i < source.length; i++) {
    if (source[i] === 0x25) {
      bytes.push(Number.parseInt(String.fromCharCode(source[i + 1] ?? 0, source[i + 2] ?? 0), 16));
      i += 2;
    } else bytes.push(source[i] ?? 0);
  }
  return decodeUtf8(Uint8Array.from(bytes));
};

const kept = /[A-Za-z0-9\-_.~$&+=:@]/;

/** Percent-encodes for a path segment, keeping letters, digits and `- _ . ~ $ & + = : @`. */
export const pathEscape = (text: string): string =>
  Array.from(encodeUtf8(text), (byte) => {
    const char = String.fromCharCode(byte);
    return byte < 0x80 && kept.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");

/** Decodes base64url without padding; undefined for anything else, which browsers and Node would let pass. */
export const decodeBase64Url = (text: string): Uint8Array | undefined => {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
};
