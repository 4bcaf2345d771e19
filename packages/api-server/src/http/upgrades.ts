import { type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { ApiError } from "./api-error.ts";
import type { PendingUpgrade } from "./handler.ts";
import { closeLingering } from "./lingering-close.ts";
import { closeCode } from "./websocket.ts";

export interface Upgrades {
  /** Is this a request for a WebSocket? Other upgrades (`h2c`) are served as plain HTTP. */
  isWebSocket(request: IncomingMessage): boolean;
  /** Turns an upgrade event into a response object, so that the request can take the ordinary way through the guard. */
  begin(request: IncomingMessage, socket: Duplex, head: Buffer): ServerResponse;
  /** The handshake that waits on this request, if it asked for one. */
  pending(request: IncomingMessage): PendingUpgrade | undefined;
  readonly size: number;
  /** Closes all sockets with 1012, waits up to `graceMs` for them and cuts the rest. */
  close(graceMs: number): Promise<void>;
}

export interface UpgradesOptions {
  /** Largest message accepted, bytes. */
  readonly maxMessageBytes: number;
  /** A peer that answered no ping for this long is cut, milliseconds. */
  readonly heartbeatMs: number;
}

interface Waiting {
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly response: ServerResponse;
  protocol: string | undefined;
}

const keyShape = /^[+/0-9A-Za-z]{22}==$/;

const offeredBy = (request: IncomingMessage): string[] =>
  (request.headers["sec-websocket-protocol"] ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

/** The WebSocket side of the HTTP server: handshakes, the register of open sockets, heartbeat. Compression is off. */
export const createUpgrades = ({ maxMessageBytes, heartbeatMs }: UpgradesOptions): Upgrades => {
  const waiting = new WeakMap<IncomingMessage, Waiting>();
  const open = new Map<WebSocket, { answered: boolean }>();
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    handleProtocols: (_offered, request) => waiting.get(request)?.protocol ?? false,
  });

  const heartbeat = setInterval(() => {
    for (const [socket, state] of open) {
      if (!state.answered) {
        socket.terminate();
        continue;
      }
      state.answered = false;
      socket.ping();
    }
  }, heartbeatMs);
  heartbeat.unref();

  const register = (socket: WebSocket) => {
    const state = { answered: true };
    open.set(socket, state);
    socket.on("pong", () => {
      state.answered = true;
    });
    // A protocol error of the peer; `ws` closes the socket itself.
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
  };

  return {
    isWebSocket: (request) => request.headers.upgrade?.toLowerCase() === "websocket",
    begin(request, socket, head) {
      const response = new ServerResponse(request);
      response.shouldKeepAlive = false;
      // Upgraded sockets are ordinary net or TLS sockets; the declared type of the event is wider.
      response.assignSocket(socket as Parameters<ServerResponse["assignSocket"]>[0]);
      socket.on("error", () => {});
      response.on("finish", () => closeLingering(request.socket));
      waiting.set(request, { socket, head, response, protocol: undefined });
      return response;
    },
    pending(request) {
      const handshake = waiting.get(request);
      if (!handshake) return undefined;
      return {
        offered: offeredBy(request),
        accept(protocol) {
          const { socket, head, response } = handshake;
          if (
            request.headers["sec-websocket-version"] !== "13" ||
            !keyShape.test(request.headers["sec-websocket-key"] ?? "")
          ) {
            throw new ApiError(
              "bad_request",
              "The WebSocket handshake is not valid (RFC 6455, version 13).",
              {
                headers: { "sec-websocket-version": "13" },
              },
            );
          }
          handshake.protocol = protocol;
          response.detachSocket(socket as Parameters<ServerResponse["detachSocket"]>[0]);
          let accepted: WebSocket | undefined;
          server.handleUpgrade(request, socket, head, (webSocket) => {
            accepted = webSocket;
          });
          if (!accepted) throw new ApiError("client_closed_request", "The client has gone.");
          register(accepted);
          // For the request this is the end: what follows is no longer its answer.
          response.statusCode = 101;
          response.emit("close");
          return accepted;
        },
      };
    },
    get size() {
      return open.size;
    },
    async close(graceMs) {
      clearInterval(heartbeat);
      const closed = [...open.keys()].map((socket) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        socket.on("close", () => resolve());
        socket.close(closeCode.serviceRestart, "the server is restarting");
        return promise;
      });
      const timer = setTimeout(() => {
        for (const socket of open.keys()) socket.terminate();
      }, graceMs);
      await Promise.all(closed);
      clearTimeout(timer);
    },
  };
};
