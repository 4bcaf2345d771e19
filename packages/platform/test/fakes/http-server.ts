import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  /** The body as text. */
  readonly body: string;
  /** The body as a form. */
  readonly form: URLSearchParams;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** Text as it is; anything else as JSON. */
  readonly body?: unknown;
}

const send = (response: ServerResponse, { status = 200, headers = {}, body }: FakeAnswer): void => {
  const text = typeof body === "string";
  const type = text ? "text/plain; charset=utf-8" : "application/json; charset=utf-8";
  response.writeHead(status, { "content-type": type, ...headers });
  response.end(body === undefined ? undefined : text ? body : JSON.stringify(body));
};

/**
 * Starts an HTTP server on a free port. Resolves to its origin.
 * @param atEnd is given what stops it; without, it runs for the length of a test
 */
export const startHttpServer = async (
  answer: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>,
  atEnd: (stop: () => Promise<void>) => void = onTestFinished,
): Promise<string> => {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    const url = new URL(request.url ?? "/", "http://fake");
    const { method = "GET", headers } = request;
    send(response, await answer({ method, url, headers, body, form: new URLSearchParams(body) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
