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

/**
 * Streams a static file, answering 304 when the client has it.
 * @param path of a file that the caller has chosen, never text of a request
 * @throws ApiError not_found
 */
export const sendFile = async (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> => {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) throw new ApiError("not_found", "There is nothing at this address.");
  const etag = `"${info.size.toString(36)}-${Math.floor(info.mtimeMs).toString(36)}"`;
  const headers = {
    ...pageHeaders,
    "content-type": mediaTypes[extname(path)] ?? "application/octet-stream",
    "cache-control": "no-cache",
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
  await pipeline(createReadStream(path), response).catch(() => response.destroy());
};
