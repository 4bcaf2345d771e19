import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { type BodyLimits, readBody } from "./body.ts";

/** A Node request as a web-standard `Request`, its body read whole within `limits`. */
export const toWebRequest = async (
  request: IncomingMessage,
  origin: string,
  limits: BodyLimits,
): Promise<Request> => {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? value : [value]) headers.append(name, item);
  }
  const method = request.method ?? "GET";
  const hasNoBody = method === "GET" || method === "HEAD";
  return new Request(new URL(request.url ?? "/", origin), {
    method,
    headers,
    ...(hasNoBody ? {} : { body: new Uint8Array(await readBody(request, limits)) }),
  });
};

/** Writes a web-standard `Response`. `defaults` are headers it may override. */
export const sendWebResponse = async (
  response: ServerResponse,
  answer: Response,
  defaults: Readonly<Record<string, string>>,
): Promise<void> => {
  const body = Buffer.from(await answer.arrayBuffer());
  for (const [name, value] of Object.entries(defaults)) response.setHeader(name, value);
  for (const [name, value] of answer.headers) if (name !== "set-cookie") response.setHeader(name, value);
  const cookies = answer.headers.getSetCookie();
  if (cookies.length > 0) response.setHeader("set-cookie", cookies);
  response.setHeader("content-length", body.length);
  response.writeHead(answer.status);
  response.end(body);
};

/**
 * Streams a web-standard `Response`, at the client's speed. A client that goes away cancels the response's body; never
 * throws for that.
 */
export const pipeWebResponse = async (
  response: ServerResponse,
  answer: Response,
  requestId: string,
): Promise<void> => {
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  response.setHeader("x-request-id", requestId);
  response.setHeader("x-content-type-options", "nosniff");
  // Reverse proxies that buffer would hold the stream back.
  response.setHeader("x-accel-buffering", "no");
  response.writeHead(answer.status);
  if (!answer.body) {
    response.end();
    return;
  }
  response.flushHeaders();
  await pipeline(answer.body, response).catch(() => response.destroy());
};
