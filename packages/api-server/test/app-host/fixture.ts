import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { onTestFinished } from "vitest";
import { type Assembled, type Credentials, createWorkspace, startAssembled } from "../assembled.ts";

/** The platform with a workspace of the administrator's, and clients of its app hosts. */
export interface AppHostFixture {
  readonly assembled: Assembled;
  readonly workspace: string;
  readonly port: number;
  /** The administrator's token as apps' callers show it. */
  readonly token: Credentials;
  /** `8080--admin-3413d31.localhost:9101` */
  hostOf(port: number): string;
  /** A request to an app host. */
  call(port: number, path: string, options?: AppRequest): Promise<AppAnswer>;
  /** Sends bytes on a connection of their own; resolves to everything that came back when it closed. */
  raw(bytes: string | readonly string[]): Promise<string>;
  connect(): Promise<Socket>;
  close(): Promise<void>;
}

export interface AppRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  readonly host?: string;
}

export interface AppAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly trailers: IncomingMessage["trailers"];
  readonly body: string;
  /** What the app saw, where it is one of `startEcho`. */
  json(): Record<string, unknown>;
}

export const startAppHost = async (): Promise<AppHostFixture> => {
  const assembled = await startAssembled();
  const { workspace } = await createWorkspace(assembled, "admin", assembled.admin);
  const { port } = assembled.server;
  const token = { "k8shell-authorization": assembled.admin.authorization ?? "" };
  const hostOf = (app: number) => `${app}--${workspace}.localhost:${port}`;
  const open = async () => {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return socket;
  };
  return {
    assembled,
    workspace,
    port,
    token,
    hostOf,
    call: (app, path, { method = "GET", headers = token, body, host = hostOf(app) } = {}) =>
      new Promise((resolve, reject) => {
        const outgoing = request(
          { host: "127.0.0.1", port, method, path, headers: { ...headers, host }, agent: false },
          (response) => {
            const parts: Buffer[] = [];
            response.on("data", (part: Buffer) => parts.push(part));
            response.on("error", reject);
            response.on("end", () => {
              const text = Buffer.concat(parts).toString();
              resolve({
                status: response.statusCode ?? 0,
                headers: response.headers,
                trailers: response.trailers,
                body: text,
                json: () => JSON.parse(text),
              });
            });
          },
        );
        outgoing.on("error", reject);
        outgoing.end(body);
      }),
    async raw(bytes) {
      const socket = await open();
      const closed = once(socket, "close");
      let text = "";
      socket.setEncoding("latin1").on("data", (part) => {
        text += part;
      });
      socket.on("error", () => {});
      for (const part of typeof bytes === "string" ? [bytes] : bytes) {
        socket.write(part, "latin1");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await closed;
      return text;
    },
    connect: open,
    close: () => assembled.close(),
  };
};

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
