/** A part of a file; both ends inclusive. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

const single = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i;

/**
 * Reads a Range header (RFC 9110 section 14) for a file of `size` bytes.
 * @returns the part to send; `whole` when the header is absent, malformed, of another unit or asks for several parts
 * (a server may ignore it then); `unsatisfiable` when nothing of the file is in the range
 */
export const parseRange = (
  header: string | undefined,
  size: number,
): ByteRange | "whole" | "unsatisfiable" => {
  const match = header === undefined ? undefined : single.exec(header);
  if (!match) return "whole";
  const [, from = "", to = ""] = match;
  if (from === "") {
    if (to === "") return "whole";
    const length = Math.min(Number(to), size);
    return length === 0 ? "unsatisfiable" : { first: size - length, last: size - 1 };
  }
  const first = Number(from);
  const last = to === "" ? Number.POSITIVE_INFINITY : Number(to);
  if (last < first) return "whole";
  return first >= size ? "unsatisfiable" : { first, last: Math.min(last, size - 1) };
};
