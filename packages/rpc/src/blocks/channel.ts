import { connect as connectTcp, isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { readToken } from "../grpc-call.ts";
import type { GrpcChannelOptions } from "../grpc-channel.ts";
import { pemOf } from "../grpc-common.ts";
import { errorOfStatus } from "../grpc-status.ts";
import { checkMetadata } from "../metadata.ts";
import { Code, RpcError } from "../rpc-error.ts";
import type { Metadata } from "../types.ts";
import type { BlockStream } from "./block-stream.ts";
import type { clientHello } from "./http2.ts";
import { createSession, type Session } from "./session.ts";

/** What happens to one call. */
export interface BlockCallEvents {
  /** The service has begun to answer; not told when it refuses. */
  onHeaders?(headers: ReadonlyMap<string, string>): void;
  /** Bytes of the peer, the receiver's only until it returns. */
  onBlock(piece: Buffer): void;
  /** A message that is no block, as protobuf. */
  onMessage?(message: Buffer): void;
  onDrain(): void;
  /** Once and last; without an error the call ended in order. */
  onEnd(error: RpcError | undefined): void;
}

/** A bidirectional gRPC call whose messages are blocks of bytes. */
export interface BlockCall {
  /**
   * False: wait for `onDrain`. What is written is sent in any case.
   * @param sent called when nobody looks at `bytes` any more; not when the call ends before
   */
  write(bytes: Buffer, sent?: () => void): boolean;
  /** Sends a message that is no block, as protobuf. */
  send(message: Buffer): void;
  pause(): void;
  resume(): void;
  /** Half-close, behind what was written. */
  end(): void;
  /** Cancels the call; `onEnd` is not called. */
  destroy(): void;
}

export interface BlockCallOptions {
  /** `/k8shelld.v1.SshService/PortForward` */
  readonly path: string;
  readonly metadata: Metadata;
  /** The first message, as protobuf. */
  readonly first: Buffer;
  /** Keys (field number and wire type 2) of the bytes field in requests and responses. */
  readonly requestTag: number;
  readonly responseTag: number;
  /** Bytes the service may send before they are taken (default 256 KiB). */
  readonly window?: number;
}

export interface BlockChannelOptions extends GrpcChannelOptions {
  /** What the connection is for (default `ordinary`). Calls for `bulk` may come to their end when the channel is closed. */
  readonly purpose?: keyof typeof clientHello;
  /** Bytes read at once, which is the longest piece too (default 64 KiB). */
  readonly readBytes?: number;
}

export interface BlockChannel {
  open(options: BlockCallOptions, events: BlockCallEvents): BlockCall;
  /** Refuses new calls. Those under way are cut, but for bulk: they may come to their end. */
  close(): void;
}

const connectMs = 10_000;
const defaultIdleMs = 5 * 60_000;

const hostAndPort = (address: string): { host: string; port: number } => {
  const plain = address.replace(/^dns:(?:\/\/[^/]*\/)?/, "");
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(plain);
  return { host: match?.[1] ?? match?.[2] ?? plain, port: Number(match?.[3]) };
};

interface Dialed {
  readonly socket: Duplex;
  readonly authority: string;
}

const defaultReadBytes = 64 << 10;

/** @param receive takes what is read, instead of the socket's listeners where that is possible */
const dial = (
  { address, ca, serverName, readBytes = defaultReadBytes }: BlockChannelOptions,
  receive: (bytes: Buffer) => void,
): Dialed => {
  const onread = {
    buffer: Buffer.allocUnsafeSlow(readBytes),
    callback: (count: number, buffer: Uint8Array) => {
      receive(Buffer.from(buffer.buffer, buffer.byteOffset, count));
      return true;
    },
  };
  if (address.startsWith("unix:")) {
    const path = address.replace(/^unix:(\/\/(?=\/))?/, "");
    return { socket: connectTcp({ path, onread }), authority: "localhost" };
  }
  const { host, port } = hostAndPort(address);
  if (ca === undefined) {
    return {
      socket: connectTcp({ host, port, noDelay: true, keepAlive: true, onread }),
      authority: `${host}:${port}`,
    };
  }
  // Empty as if it were not there: services say it in a message field.
  const verified = serverName === "" ? undefined : serverName;
  const socket = connectTls({
    host,
    port,
    // An address is no name to ask for (RFC 6066, section 3); it is verified all the same.
    servername: verified ?? (isIP(host) === 0 ? host : ""),
    ca: pemOf(ca),
    minVersion: "TLSv1.2",
    ALPNProtocols: ["h2"],
  });
  socket.setNoDelay(true);
  return { socket, authority: verified ?? `${host}:${port}` };
};

/**
 * gRPC calls that move blocks of bytes, over connections of their own: any gRPC server answers them. Connects on the first
 * call and again after a connection was lost.
 */
export const blockChannel = (options: BlockChannelOptions): BlockChannel => {
  const sessions = new Set<Session>();
  let authority = "";
  let closed = false;

  /** Connections that were without calls at the last look are closed at the next. */
  const unused = new Set<Session>();
  const sweep = setInterval(() => {
    for (const session of sessions) {
      if (session.size > 0) unused.delete(session);
      else if (unused.has(session)) session.destroy("the connection was not used");
      else unused.add(session);
    }
  }, options.idleTimeoutMs ?? defaultIdleMs);
  sweep.unref();

  const connect = (): Session => {
    const dialed = dial(options, (bytes) => session.receive(bytes));
    authority = dialed.authority;
    const timer = setTimeout(() => session.destroy("No connection established: timed out"), connectMs);
    dialed.socket.once(options.ca === undefined ? "connect" : "secureConnect", () => clearTimeout(timer));
    const session: Session = createSession({
      socket: dialed.socket,
      hello: options.purpose ?? "ordinary",
      onClose() {
        clearTimeout(timer);
        sessions.delete(session);
        unused.delete(session);
      },
    });
    sessions.add(session);
    return session;
  };
  const usable = (): Session => {
    for (const session of sessions) if (session.usable) return session;
    return connect();
  };

  return {
    open(
      { path, metadata, first, requestTag, responseTag, window },
      { onHeaders, onBlock, onMessage = () => undefined, onDrain, onEnd },
    ) {
      if (closed) throw new RpcError(Code.Unavailable, "the channel is closed");
      let over = false;
      let status: { code: number; details: string } | undefined;
      const finish = (error: RpcError | undefined) => {
        if (over) return;
        over = true;
        onEnd(error);
        leave();
      };
      const session = usable();
      const leave = () => {
        if (closed && session.size === 0) session.destroy("the channel was closed");
      };
      const stream: BlockStream = session.open(
        {
          onHeaders(headers, last) {
            const code = headers.get("grpc-status");
            if (code !== undefined) {
              status = { code: Number(code), details: textOf(headers.get("grpc-message")) };
            } else if (headers.get(":status") !== "200" && !last) {
              stream.destroy();
              finish(new RpcError(Code.Unavailable, "the service does not speak gRPC"));
            } else onHeaders?.(headers);
          },
          onBlock,
          onMessage,
          onDrain,
          onEnd() {
            stream.end();
            finish(
              status ? errorOfStatus(status) : new RpcError(Code.Internal, "the service gave no status"),
            );
          },
          onReset: (reason) =>
            finish(
              new RpcError(Code.Unavailable, "the service cannot be reached", {
                cause: new Error(reason),
                unreached: true,
              }),
            ),
        },
        responseTag,
        window,
      );
      stream.headers(
        [
          [":method", "POST"],
          [":scheme", options.ca === undefined ? "http" : "https"],
          [":path", path],
          [":authority", authority],
          ["content-type", "application/grpc"],
          ["te", "trailers"],
          ["user-agent", "k8shell-blocks"],
          ...(options.tokenFile === undefined
            ? []
            : ([["authorization", `Bearer ${readToken(options.tokenFile)}`]] as const)),
          ...Object.entries(checkMetadata(metadata)),
        ],
        false,
      );
      stream.send(first);
      return {
        write: (bytes, sent) => stream.write(requestTag, bytes, sent),
        send: (message) => stream.send(message),
        pause: () => stream.pause(),
        resume: () => stream.resume(),
        end: () => stream.end(),
        destroy() {
          if (over) return;
          over = true;
          stream.destroy();
          leave();
        },
      };
    },
    close() {
      closed = true;
      clearInterval(sweep);
      for (const session of [...sessions]) {
        if (options.purpose !== "bulk" || session.size === 0) session.destroy("the channel was closed");
      }
    },
  };
};

/** `grpc-message` is percent-encoded (gRPC over HTTP/2, "Responses"). */
const textOf = (encoded = ""): string => {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
};
