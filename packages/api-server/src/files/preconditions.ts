import type { IncomingHttpHeaders } from "node:http";
import type { FileAttributes } from "@k8shell/sftp";

/** What tells two states of a file apart. */
export interface Validators {
  /** A strong entity tag, with its quotes. */
  readonly etag: string;
  /** Seconds since the epoch. */
  readonly modified: number;
}

/**
 * Validators of a file as SFTP version 3 shows it: whole seconds and the size. A change within one second that keeps
 * the size is not seen, as with the common web servers.
 */
export const validatorsOf = ({ size = 0, mtime = 0 }: FileAttributes): Validators => ({
  etag: `"${mtime.toString(16)}-${size.toString(16)}"`,
  modified: mtime,
});

const tags = (header: string): string[] => header.match(/(?:W\/)?"[^"]*"/g) ?? [];
const opaque = (tag: string): string => tag.replace(/^W\//, "");

const seconds = (header: string | undefined): number | undefined => {
  const time = header === undefined ? Number.NaN : Date.parse(header);
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000);
};

/**
 * Evaluates the conditions of a request (RFC 9110 section 13.2.2).
 * @param current the file's validators; undefined when there is no file
 * @returns `proceed`; `not-modified` (answer 304, only for `reading`); `failed` (answer 412)
 */
export const checkConditions = (
  headers: Pick<
    IncomingHttpHeaders,
    "if-match" | "if-none-match" | "if-unmodified-since" | "if-modified-since"
  >,
  current: Validators | undefined,
  reading: boolean,
): "proceed" | "not-modified" | "failed" => {
  const ifMatch = headers["if-match"];
  if (ifMatch !== undefined) {
    const matches = current !== undefined && (ifMatch.trim() === "*" || tags(ifMatch).includes(current.etag));
    if (!matches) return "failed";
  } else {
    const unmodifiedSince = seconds(headers["if-unmodified-since"]);
    if (unmodifiedSince !== undefined && current && current.modified > unmodifiedSince) return "failed";
  }
  const ifNoneMatch = headers["if-none-match"];
  if (ifNoneMatch !== undefined) {
    const matches =
      current !== undefined &&
      (ifNoneMatch.trim() === "*" || tags(ifNoneMatch).map(opaque).includes(current.etag));
    if (matches) return reading ? "not-modified" : "failed";
  } else if (reading) {
    const modifiedSince = seconds(headers["if-modified-since"]);
    if (modifiedSince !== undefined && current && current.modified <= modifiedSince) return "not-modified";
  }
  return "proceed";
};

/** Does the Range header still apply (If-Range, RFC 9110 section 13.1.5)? */
export const rangeApplies = (
  ifRange: IncomingHttpHeaders["if-range"],
  { etag, modified }: Validators,
): boolean => {
  if (ifRange === undefined) return true;
  const value = String(ifRange).trim();
  return value.startsWith('"') ? value === etag : seconds(value) === modified;
};
