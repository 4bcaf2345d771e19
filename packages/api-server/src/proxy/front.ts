import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type AppConnection, type AppConnectionDeps, createAppConnection } from "./connection.ts";
import { maxHeadBytes } from "./head.ts";
import type { AppSocket } from "./inner-connection.ts";
import { headOf, relayToApp } from "./relay.ts";
import { createUpstreams } from "./upstreams.ts";

export interface AppFrontDeps
  extends Pick<AppConnectionDeps, "hosts" | "admit" | "live" | "clientAddress" | "observe"> {
  /** Milliseconds a request head may take. */
  readonly headersTimeoutMs: number;
  /** Milliseconds an idle connection is kept. */
  readonly keepAliveTimeoutMs: number;
}

/** What stands between the listening socket and the HTTP server of the API. */
export interface AppFront {
  /**
   * Looks at each new connection of `server` first and keeps those that are for an app; and at each request that the server reads.
   * Call it when the server has its listeners.
   */
  attach(server: Server): void;
  /** Ends idle connections and tunnels at once, the rest after at most `graceMs` milliseconds. */
  close(graceMs: number): Promise<void>;
  /** Connections to app hosts now open. */
  readonly size: number;
  /** What connections to app hosts carried since the server began. */
  readonly bytes: { readonly received: number; readonly sent: number };
}

/** How often live connections are asked whether they may go on, milliseconds: revocation takes effect within 5 s. */
const recheckMs = 2_000;
const hostLine = /\r\nhost:[ \t]*([^\r\n]*?)[ \t]*\r\n/i;

/**
 * Routes connections by the `Host` of their first request. Connections of the API go to Node's server untouched but for
 * one look; those of apps never see its parser. Each side judges `Host` again for each request, because a proxy in front uses one
 * connection for several hosts, and hands over what is not its own: the API never answers in the name of an app.
 */
export const createAppFront = (deps: AppFrontDeps): AppFront => {
  const { hosts, headersTimeoutMs, keepAliveTimeoutMs } = deps;
  const connections = new Map<AppConnection, AppSocket>();
  /** Of connections to apps, those that are over but not closed yet included. */
  const sockets = new Set<AppSocket>();
  const carried = { received: 0, sent: 0 };
  const waiting = new Map<Socket, number>();
  const upstreams = createUpstreams();
  const listeners: Array<(socket: Socket) => void> = [];
  let closing = false;

  const toApi = (socket: Socket, bytes: Buffer) => {
    if (bytes.length > 0) socket.unshift(bytes);
    for (const listener of listeners) listener(socket);
    socket.resume();
  };
  const toApp = (socket: AppSocket, bytes: Buffer, release: (bytes: Buffer) => void) => {
    // It may be over with the bytes it begins with.
    let over = false;
    const gone = () => void sockets.delete(socket);
    sockets.add(socket);
    socket.once("close", gone);
    const connection = createAppConnection(socket, bytes, {
      ...deps,
      upstreams,
      release(rest) {
        socket.off("close", gone);
        gone();
        release(rest);
      },
      onClose(ended) {
        over = true;
        connections.delete(ended);
        carried.received += socket.bytesRead;
        carried.sent += socket.bytesWritten;
      },
      headMs: headersTimeoutMs,
      idleMs: keepAliveTimeoutMs,
    });
    if (over) return;
    connections.set(connection, socket);
    if (closing) connection.drain();
  };

  const socketToApp = (socket: Socket, bytes: Buffer) => toApp(socket, bytes, (rest) => toApi(socket, rest));

  let lastOfApi: string | undefined;
  const isForApp = ({ headers: { host } }: IncomingMessage): boolean => {
    if (host === undefined || host === lastOfApi) return false;
    if (hosts(host)) return true;
    lastOfApi = host;
    return false;
  };
  const relay = (request: IncomingMessage, response: ServerResponse) =>
    relayToApp(request, response, (far) => toApp(far, Buffer.alloc(0), () => far.destroy()));
  /** Lets `serve` have those events of requests that are for an app. */
  const divert = <Rest extends unknown[]>(
    server: Server,
    event: "request" | "checkContinue" | "upgrade",
    serve: (request: IncomingMessage, ...rest: Rest) => void,
  ) => {
    const own = server.listeners(event);
    server.removeAllListeners(event);
    server.on(event, (request: IncomingMessage, ...rest: Rest) => {
      if (isForApp(request)) serve(request, ...rest);
      else for (const listener of own) Reflect.apply(listener, server, [request, ...rest]);
    });
  };

  const look = (socket: Socket) => {
    let seen: Buffer = Buffer.alloc(0);
    const leave = () => {
      waiting.delete(socket);
      socket.off("data", onData);
      socket.off("end", onEnd);
      socket.off("error", onEnd);
      socket.pause();
    };
    const onEnd = () => {
      leave();
      socket.destroy();
    };
    const onData = (bytes: Buffer) => {
      seen = seen.length === 0 ? bytes : Buffer.concat([seen, bytes]);
      const end = seen.indexOf("\r\n\r\n");
      const text = seen.toString("latin1", 0, end < 0 ? maxHeadBytes : end + 2);
      const host = hostLine.exec(text)?.[1];
      if (host === undefined && end < 0 && seen.length < maxHeadBytes) return;
      leave();
      if (host !== undefined && hosts(host)) socketToApp(socket, seen);
      else toApi(socket, seen);
    };
    waiting.set(socket, Date.now());
    socket.on("data", onData);
    socket.on("end", onEnd);
    socket.on("error", onEnd);
  };

  const expiry = setInterval(() => {
    const now = Date.now();
    for (const [socket, since] of waiting) if (now - since > headersTimeoutMs) socket.destroy();
    for (const connection of connections.keys()) connection.expire(now);
  }, 5_000);
  expiry.unref();
  const recheck = setInterval(() => {
    for (const connection of connections.keys()) void connection.recheck();
  }, recheckMs);
  recheck.unref();

  return {
    attach(server) {
      for (const listener of server.listeners("connection")) {
        listeners.push((socket) => void Reflect.apply(listener, server, [socket]));
      }
      server.removeAllListeners("connection");
      server.on("connection", look);
      divert(server, "request", relay);
      divert(server, "checkContinue", relay);
      divert(server, "upgrade", (request, socket: Socket, head: Buffer) =>
        socketToApp(socket, Buffer.concat([headOf(request), head])),
      );
    },
    async close(graceMs) {
      closing = true;
      for (const socket of waiting.keys()) socket.destroy();
      for (const connection of connections.keys()) connection.drain();
      const deadline = Date.now() + graceMs;
      while (sockets.size > 0 && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      for (const connection of [...connections.keys()]) connection.destroy();
      for (const socket of sockets) socket.destroy();
      clearInterval(expiry);
      clearInterval(recheck);
      upstreams.close();
    },
    get bytes() {
      const sum = { ...carried };
      for (const socket of connections.values()) {
        sum.received += socket.bytesRead;
        sum.sent += socket.bytesWritten;
      }
      return sum;
    },
    get size() {
      return connections.size;
    },
  };
};
