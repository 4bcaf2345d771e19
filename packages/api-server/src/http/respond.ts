import type { ServerResponse } from "node:http";
import type { ErrorBody } from "@k8shell/contract";
import { type EndAnswer, endNow } from "./answer-queue.ts";
import type { ApiError } from "./api-error.ts";
import { lingerAfter } from "./lingering-close.ts";

/** Sent with every JSON answer: nothing of the API may be cached, sniffed, framed or run as a page. */
const apiHeaders = [
  "content-type",
  "application/json; charset=utf-8",
  "cache-control",
  "no-store",
  "x-content-type-options",
  "nosniff",
  "content-security-policy",
  "default-src 'none'; frame-ancestors 'none'",
] as const;

/** Of them, those of an answer without a body. */
const emptyHeaders = ["cache-control", "no-store", "x-content-type-options", "nosniff"] as const;

const none: readonly string[] = [];

const named: ReadonlySet<string> = new Set(apiHeaders.filter((_, index) => index % 2 === 0));

/**
 * Writes a JSON answer. Headers that the handler has set on the response win over the defaults.
 * @param body serialized JSON, or undefined for an answer without a body
 * @param withBody false for HEAD: headers only
 * @param extra further header names and values in turn
 * @param end sends the body (default: at once)
 */
export const sendSerialized = (
  response: ServerResponse,
  status: number,
  body: string | undefined,
  requestId: string,
  withBody = true,
  extra: readonly string[] = none,
  end: EndAnswer = endNow,
): void => {
  const standing = body === undefined ? emptyHeaders : apiHeaders;
  const headers: string[] = [...standing, "x-request-id", requestId, ...extra];
  const hasLength = body !== undefined || (status !== 204 && status !== 304);
  if (hasLength) headers.push("content-length", String(body === undefined ? 0 : Buffer.byteLength(body)));
  const preset = response.getHeaderNames();
  if (preset.length === 0) {
    response.writeHead(status, headers);
  } else {
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] ?? "";
      if (!preset.includes(name) || !named.has(name)) response.setHeader(name, headers[i + 1] ?? "");
    }
    response.writeHead(status);
  }
  end(response, withBody ? body : undefined);
};

/** Headers that hold for an answer whatever it is: those about its connection, its session and who may read it. */
const keptForErrors = /^(?:set-cookie|connection|vary|access-control-.*)$/;

/** The JSON text of an error (rest-contract section 1, "Error envelope"). */
export const errorBody = (error: ApiError, requestId: string): string => {
  const body: ErrorBody = { status: error.status, msg: error.message, code: error.code, requestId };
  return JSON.stringify(body);
};

/**
 * Answers with an error, or cuts the connection when the answer has already begun.
 * @param end sends the body (default: at once)
 */
export const sendError = (
  response: ServerResponse,
  error: ApiError,
  requestId: string,
  withBody = true,
  end: EndAnswer = endNow,
): void => {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) {
    // What the handler announced about its own body does not hold for the error.
    if (!keptForErrors.test(name)) response.removeHeader(name);
  }
  for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
  if (error.code === "unauthenticated" || error.code === "token_expired") {
    response.setHeader("www-authenticate", 'Bearer realm="k8shell"');
  }
  if (!response.req.complete) lingerAfter(response);
  sendSerialized(response, error.status, errorBody(error, requestId), requestId, withBody, none, end);
};
