import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname } from "node:path";
import { pipeline } from "node:stream/promises";
import { ApiError } from "./api-error.ts";

const mediaTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
};

/** Headers of every page of ours; scripts and connections only of this origin, never in a frame. */
export const pageHeaders: Readonly<Record<string, string>> = {
  // Terminal and reference page set styles from script.
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
    "font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  // Not no-referrer: forms of our pages would then be posted with `Origin: null`.
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
};

export interface SendFileOptions {
  /** Its name has a digest of its content: it never changes. */
  readonly immutable?: boolean;
  /** Further headers, in place of those of every page. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Compressed forms that a build may have left beside a file, the smallest first. */
const encodings = [
  { name: "br", suffix: ".br", accepted: /\bbr\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/ },
  { name: "gzip", suffix: ".gz", accepted: /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/ },
] as const;

const fileInfo = async (path: string) => {
  const info = await stat(path).catch(() => undefined);
  return info?.isFile() ? info : undefined;
};

/** The form of a file that a client takes. */
const chooseForm = async (path: string, accepted: string) => {
  for (const { name, suffix, accepted: pattern } of encodings) {
    if (!pattern.test(accepted)) continue;
    const info = await fileInfo(path + suffix);
    if (info) return { path: path + suffix, info, encoding: name };
  }
  const info = await fileInfo(path);
  return info && { path, info, encoding: undefined };
};

/**
 * Streams a static file, compressed where a compressed form lies beside it, answering 304 when the client has it.
 * @param path of a file that the caller has chosen, never text of a request
 * @throws ApiError not_found
 */
export const sendFile = async (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  options: SendFileOptions = {},
): Promise<void> => {
  const form = await chooseForm(path, String(request.headers["accept-encoding"] ?? ""));
  if (!form) throw new ApiError("not_found", "There is nothing at this address.");
  const { info, encoding } = form;
  const etag = `"${info.size.toString(36)}-${Math.floor(info.mtimeMs).toString(36)}"`;
  const headers = {
    ...pageHeaders,
    ...options.headers,
    "content-type": mediaTypes[extname(path)] ?? "application/octet-stream",
    "cache-control": options.immutable ? "public, max-age=31536000, immutable" : "no-cache",
    vary: "accept-encoding",
    ...(encoding ? { "content-encoding": encoding } : {}),
    etag,
  };
  if (request.headers["if-none-match"] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(200, { ...headers, "content-length": info.size });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  await pipeline(createReadStream(form.path), response).catch(() => response.destroy());
};
