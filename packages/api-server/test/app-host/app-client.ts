import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";

/** A client of the app hosts of one server. */
export interface AppClient {
  readonly workspace: string;
  readonly port: number;
  /** `8080--admin-3413d31.localhost:9101` */
  hostOf(port: number): string;
  /** A request to an app host. */
  call(port: number, path: string, options?: AppRequest): Promise<AppAnswer>;
  /** Sends bytes on a connection of their own; resolves to everything that came back when it closed. */
  raw(bytes: string | readonly string[]): Promise<string>;
  /** Opens a WebSocket of an app, which answers 101. @throws Error with what came instead */
  openSocket(port: number, headers: Readonly<Record<string, string>>): Promise<OpenSocket>;
  connect(): Promise<Socket>;
}

export interface OpenSocket {
  readonly socket: Socket;
  /** Resolves when the connection is over. */
  readonly closed: Promise<unknown>;
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

/**
 * @param port where the server listens on this machine
 * @param headers of calls that give none
 */
export const createAppClient = (
  port: number,
  workspace: string,
  headers: Readonly<Record<string, string>> = {},
): AppClient => {
  const hostOf = (app: number) => `${app}--${workspace}.localhost:${port}`;
  const open = async () => {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return socket;
  };
  const own = headers;
  return {
    workspace,
    port,
    hostOf,
    call: (app, path, { method = "GET", headers = own, body, host = hostOf(app) } = {}) =>
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
    async openSocket(app, shown) {
      const socket = await open();
      const closed = once(socket, "close");
      socket.on("error", () => {});
      const { host = hostOf(app), ...others } = shown;
      const lines = Object.entries(others).map(([name, value]) => `${name}: ${value}\r\n`);
      const handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
      socket.write(`GET /ws HTTP/1.1\r\nHost: ${host}\r\n${lines.join("")}${handshake}`);
      const [first] = await once(socket, "data");
      if (!String(first).startsWith("HTTP/1.1 101 ")) throw new Error(String(first));
      return { socket, closed };
    },
    connect: open,
  };
};
