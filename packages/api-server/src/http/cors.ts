import type { IncomingMessage, ServerResponse } from "node:http";
import type { OriginPolicy } from "./origin.ts";

/** Headers of answers that scripts of another origin may read, beside those that the standard always lets them. */
const exposed = [
  "Content-Disposition",
  "Content-Range",
  "ETag",
  "Idempotency-Replayed",
  "Link",
  "Location",
  "Mcp-Session-Id",
  "Retry-After",
  "Tus-Extension",
  "Tus-Max-Size",
  "Tus-Resumable",
  "Tus-Version",
  "Upload-Expires",
  "Upload-Length",
  "Upload-Metadata",
  "Upload-Offset",
  "X-Request-Id",
].join(", ");
const methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
const remembered = 600;

/**
 * Lets pages of the configured origins, and of no other, call the API with the session cookie: a Console that is served
 * from elsewhere (https://fetch.spec.whatwg.org/#http-cors-protocol).
 * @returns true when the request was only a browser's question whether it may ask, and is answered
 */
export const answerCors = (
  request: IncomingMessage,
  response: ServerResponse,
  { publicOrigins }: OriginPolicy,
): boolean => {
  const { origin } = request.headers;
  if (origin === undefined || !publicOrigins.has(origin) || request.headers.upgrade !== undefined)
    return false;
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-allow-credentials", "true");
  response.setHeader("vary", "Origin");
  const asked = request.headers["access-control-request-method"];
  if (request.method !== "OPTIONS" || asked === undefined) {
    response.setHeader("access-control-expose-headers", exposed);
    return false;
  }
  response.writeHead(204, {
    "access-control-allow-methods": methods,
    // The origin is trusted with the session: whatever it wants to send it may.
    "access-control-allow-headers": request.headers["access-control-request-headers"] ?? "",
    "access-control-max-age": String(remembered),
  });
  response.end();
  return true;
};
