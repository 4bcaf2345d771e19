import { STATUS_CODES } from "node:http";
import type { RequestHead } from "./head.ts";

/** A whole response of our own on an app host. */
export interface Answer {
  readonly status: number;
  readonly headers?: ReadonlyArray<readonly [string, string]>;
  readonly body?: string;
  readonly type?: string;
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const style =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto 0;padding:0 1rem;color:#1c2530;background:#f6f7f9}h1{font-size:1.3rem}small{color:#66707c}a{color:#1558b0}@media(prefers-color-scheme:dark){body{color:#e4e8ee;background:#14181d}small{color:#98a2ae}a{color:#7fb2ff}}";

/** Is this a browser loading a page (rather than a script, a frame's `fetch` or a command line)? */
export const isNavigation = (head: RequestHead): boolean => {
  if (head.upgrade || (head.method !== "GET" && head.method !== "HEAD")) return false;
  let mode: string | undefined;
  let accept = "";
  for (const { name, value } of head.fields) {
    if (name === "sec-fetch-mode") mode = value;
    else if (name === "accept") accept = value;
  }
  return mode === undefined ? accept.includes("text/html") : mode === "navigate";
};

/** What went wrong, for people and for programs. */
export interface Problem {
  readonly status: number;
  /** One of the API's error codes. */
  readonly code: string;
  readonly title: string;
  readonly message: string;
  readonly requestId: string;
  readonly headers?: ReadonlyArray<readonly [string, string]>;
}

/** An error as a page for navigations and as the API's error body for everything else. */
export const problemAnswer = (problem: Problem, asPage: boolean): Answer => {
  const { status, code, title, message, requestId } = problem;
  const headers: Array<readonly [string, string]> = [
    ["x-request-id", requestId],
    ["cache-control", "no-store"],
    ["x-content-type-options", "nosniff"],
    ["content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"],
    ...(problem.headers ?? []),
  ];
  if (!asPage) {
    return {
      status,
      headers,
      type: "application/json; charset=utf-8",
      body: JSON.stringify({ status, msg: message, code, requestId }),
    };
  }
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${style}</style><h1>${escapeHtml(title)}</h1><p>${escapeHtml(message)}</p><p><small>${status} ${escapeHtml(code)} &middot; request ${escapeHtml(requestId)}</small></p></html>`;
  return { status, headers, type: "text/html; charset=utf-8", body };
};

/** The bytes of an answer. @param withBody false for HEAD */
export const writeAnswer = (answer: Answer, close: boolean, withBody: boolean): Buffer => {
  const { status, headers = [], body = "", type } = answer;
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`;
  if (type !== undefined) head += `content-type: ${type}\r\n`;
  for (const [name, value] of headers) head += `${name}: ${value}\r\n`;
  if (status !== 204) head += `content-length: ${Buffer.byteLength(body)}\r\n`;
  if (close) head += "connection: close\r\n";
  return Buffer.from(`${head}\r\n${withBody ? body : ""}`);
};
