import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { onTestFinished } from "vitest";

export interface TestApp {
  readonly port: number;
  /** Every request that reached it: method, path and headers as they came. */
  readonly seen: IncomingMessage[];
}

/** An app of the workspace: it shares the network of this machine. Closed when the test ends. */
export const startApp = async (
  serve: (request: IncomingMessage, response: ServerResponse) => void,
  upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): Promise<TestApp> => {
  const seen: IncomingMessage[] = [];
  const server = createServer((incoming, response) => {
    seen.push(incoming);
    serve(incoming, response);
  });
  if (upgrade) {
    server.on("upgrade", (incoming, socket, head) => {
      seen.push(incoming);
      upgrade(incoming, socket, head);
    });
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, seen };
};

/** An app that answers with what it was asked. */
export const startEcho = (): Promise<TestApp> =>
  startApp((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => {
      const { method, url, headers, rawHeaders, trailers } = incoming;
      const body = Buffer.concat(parts).toString();
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ method, url, headers, rawHeaders, trailers, body }));
    });
  });
