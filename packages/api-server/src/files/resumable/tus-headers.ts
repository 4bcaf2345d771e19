import type { IncomingHttpHeaders } from "node:http";
import { ApiError } from "../../http/api-error.ts";
import type { Digest } from "../content-digest.ts";

/** The protocol, https://tus.io/protocols/resumable-upload (version 1.0.0). */
export const tusVersion = "1.0.0";
export const partType = "application/offset+octet-stream";

const checksums: Readonly<Record<string, { algorithm: string; bytes: number }>> = {
  sha1: { algorithm: "sha1", bytes: 20 },
  sha256: { algorithm: "sha256", bytes: 32 },
  sha512: { algorithm: "sha512", bytes: 64 },
  md5: { algorithm: "md5", bytes: 16 },
};

/** What a server tells about itself. */
export const tusCapabilities: Readonly<Record<string, string>> = {
  "tus-version": tusVersion,
  "tus-extension": "creation,creation-with-upload,creation-defer-length,expiration,termination,checksum",
  "tus-checksum-algorithm": Object.keys(checksums).join(","),
};

/** @throws ApiError precondition_failed when the client speaks another version, or another protocol */
export const requireTus = (headers: IncomingHttpHeaders): void => {
  if (headers["tus-resumable"] === tusVersion) return;
  throw new ApiError("precondition_failed", `Send the header Tus-Resumable: ${tusVersion}.`, {
    headers: { "tus-version": tusVersion },
  });
};

const maxMetadata = 8 * 1024;

const bad = (message: string) => new ApiError("bad_request", message);

/**
 * A header that counts bytes; undefined when absent.
 * @throws ApiError bad_request
 */
export const byteHeader = (
  headers: IncomingHttpHeaders,
  name: "upload-length" | "upload-offset",
): number | undefined => {
  const text = headers[name];
  if (text === undefined) return undefined;
  const value = /^\d{1,16}$/.test(String(text)) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw bad(`${name} is not a number of bytes.`);
  return value;
};

/**
 * The length of a new upload; null when the client says it later.
 * @throws ApiError bad_request
 */
export const newLength = (headers: IncomingHttpHeaders): number | null => {
  const length = byteHeader(headers, "upload-length");
  const deferred = headers["upload-defer-length"];
  if (deferred !== undefined && deferred !== "1") throw bad("Upload-Defer-Length can only be 1.");
  if (length !== undefined && deferred !== undefined) {
    throw bad("Send Upload-Length or Upload-Defer-Length, not both.");
  }
  if (length === undefined && deferred === undefined) throw bad("Upload-Length is missing.");
  return length ?? null;
};

/**
 * `Upload-Metadata`, checked for its form: pairs of a key and base64, separated by commas.
 * @throws ApiError bad_request
 */
export const metadataOf = (headers: IncomingHttpHeaders): string => {
  const text = String(headers["upload-metadata"] ?? "");
  const valid =
    text.length <= maxMetadata &&
    (text === "" ||
      text.split(",").every((pair) => /^\s*[\x21-\x2b\x2d-\x7e]+( [A-Za-z0-9+/]*={0,2})?\s*$/.test(pair)));
  if (!valid) throw bad("Upload-Metadata is malformed: write key base64,key base64.");
  return text;
};

/**
 * `Upload-Checksum` of a part.
 * @throws ApiError bad_request
 */
export const checksumOf = (headers: IncomingHttpHeaders): Digest | undefined => {
  const text = headers["upload-checksum"];
  if (text === undefined) return undefined;
  const [, name = "", value = ""] = /^(\w+) ([A-Za-z0-9+/]+={0,2})$/.exec(String(text).trim()) ?? [];
  const known = Object.hasOwn(checksums, name) ? checksums[name] : undefined;
  const expected = Buffer.from(value, "base64");
  if (!known || expected.length !== known.bytes) {
    throw bad(`Upload-Checksum: write one of ${Object.keys(checksums).join(", ")}, a space, and its base64.`);
  }
  return { algorithm: known.algorithm, expected };
};
