import type { ClientHttp2Stream, ServerHttp2Session } from "node:http2";
import { Server as NetServer, type Socket } from "node:net";
import { addAbortSignal } from "node:stream";
import type { ChannelCredentials, ServerInterceptingCallInterface } from "@grpc/grpc-js";
import type { GrpcJsCall } from "./grpc-call.ts";

/*
 * The places where grpc-js has no public way to what the protocol needs. They reach through private fields of its
 * pinned version, check what they find, and do without when it is not there; the tests of this package notice.
 */

const field = (value: unknown, name: string | number): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;

const has = (value: unknown, ...methods: string[]): boolean =>
  methods.every((name) => typeof field(value, name) === "function");

const isSession = (value: unknown): value is ServerHttp2Session =>
  has(value, "setLocalWindowSize", "settings");
const isStream = (value: unknown): value is ClientHttp2Stream => has(value, "close", "destroy");

/**
 * Gives clients a larger window to send in. grpc-js takes `grpc-node.flow_control_window` on clients only, and with
 * Node's default of 64 KiB an upload waits for the reader after every second message.
 * @param bytes the window of each stream and of the connection
 * @returns a function that widens the connection of a call, for this and its later calls
 */
export const createWindowWidener = (bytes: number) => {
  const widened = new WeakSet<object>();
  return (call: ServerInterceptingCallInterface): void => {
    const session = field(field(call, "stream"), "session");
    if (!isSession(session) || widened.has(session)) return;
    widened.add(session);
    session.settings({ initialWindowSize: bytes });
    session.setLocalWindowSize(bytes);
  };
};

/**
 * Cancels a call that has not half-closed with RST_STREAM alone. grpc-js closes the HTTP/2 stream, and Node then sends
 * END_STREAM first: a server may take that for a half-close, which ends a shell instead of detaching it
 * (grpc-behaviour section 4).
 * @returns false when the call has no such stream; cancel it the ordinary way then
 */
export const resetStream = (call: GrpcJsCall): boolean => {
  const attempts = field(field(call, "child"), "underlyingCalls");
  if (!Array.isArray(attempts) || attempts.length !== 1) return false;
  const stream = field(field(field(attempts[0], "call"), "child"), "http2Stream");
  if (!isStream(stream) || stream.destroyed || stream.closed || stream.writableEnded) return false;
  // Destroyed by an abort signal, an HTTP/2 stream is reset with CANCEL at once.
  const controller = new AbortController();
  addAbortSignal(controller.signal, stream);
  controller.abort();
  return true;
};

/**
 * Looks after the making of connections. A TLS handshake that does not come to an end is given up: grpc-js waits for it as
 * long as the connection lives, which is for ever when a network swallows what is sent. And a channel that is closed makes
 * none: grpc-js lets one that waits after a failure try once more, and nobody ever closes what it gets.
 * @param make gives the credentials of one connection
 * @param limitMs how long a handshake may take
 * @param isClosed is the channel closed?
 * @returns credentials for a channel
 */
export const guardConnecting = (
  make: () => ChannelCredentials,
  limitMs: number,
  isClosed: () => boolean,
): ChannelCredentials => {
  const made = make();
  const create = made._createSecureConnector.bind(made);
  made._createSecureConnector = (...args) => {
    const connector = create(...args);
    connector.connect = async (socket) => {
      if (isClosed()) {
        socket.destroy();
        throw new Error("the channel is closed");
      }
      const timer = setTimeout(() => socket.destroy(), limitMs).unref();
      try {
        return await make()
          ._createSecureConnector(...args)
          .connect(socket);
      } finally {
        clearTimeout(timer);
      }
    };
    return connector;
  };
  return made;
};

/**
 * Lets `take` look at the connections of a plaintext server before grpc-js does.
 * @param take true: it serves the connection; false: it is grpc-js's; undefined: it must see more bytes first
 */
export const watchConnections = (
  server: object,
  take: (socket: Socket, first: Buffer) => boolean | undefined,
): void => {
  const servers = field(server, "http2Servers");
  if (!(servers instanceof Map)) return;
  for (const listening of servers.keys()) {
    if (!(listening instanceof NetServer)) continue;
    const listeners = listening.listeners("connection");
    listening.removeAllListeners("connection");
    listening.on("connection", (socket: Socket) => {
      let seen: Buffer = Buffer.alloc(0);
      const look = (bytes: Buffer) => {
        seen = seen.length === 0 ? bytes : Buffer.concat([seen, bytes]);
        const first = seen;
        socket.off("data", look);
        const taken = take(socket, first);
        if (taken === undefined) socket.on("data", look);
        if (taken !== false) return;
        socket.off("error", ignore);
        socket.pause();
        socket.unshift(first);
        for (const listener of listeners) Reflect.apply(listener, listening, [socket]);
      };
      socket.on("error", ignore);
      socket.on("data", look);
    });
  }
};

const ignore = () => undefined;
