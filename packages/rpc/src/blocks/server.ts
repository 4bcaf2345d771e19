import type { Socket } from "node:net";
import { createServedCall } from "../call-context.ts";
import { statusOfError } from "../grpc-status.ts";
import { Code, RpcError } from "../rpc-error.ts";
import type { CallContext, Metadata } from "../types.ts";
import { type BlockStream, noEvents } from "./block-stream.ts";
import { clientHello } from "./http2.ts";
import { createSession, type Session } from "./session.ts";

/** One call of a client, as its implementation uses it. */
export interface ServedBlockCall {
  readonly metadata: Metadata;
  /**
   * False: wait for `onDrain`. What is written is sent in any case.
   * @param sent called when nobody looks at `bytes` any more; not when the call ends before
   */
  write(bytes: Buffer, sent?: () => void): boolean;
  /** Sends a message that is no block, as protobuf. */
  send(message: Buffer): void;
  pause(): void;
  resume(): void;
  /** Ends the call, behind what was written; without an error in order. What is no RpcError is told as Internal. */
  finish(error?: unknown): void;
}

export interface ServedBlockEvents {
  /** A message that is no block, as protobuf. */
  onMessage(message: Buffer): void;
  /** `piece` is the receiver's only until it returns. */
  onBlock(piece: Buffer): void;
  onDrain(): void;
  /** The client sends no more. */
  onEnd(): void;
  /** The client has canceled, or its connection is lost. */
  onGone(): void;
}

/** A bidirectional method whose messages are blocks of bytes, served without iterators and message objects. */
export interface BlockMethod {
  /** `/k8shelld.SshService/PortForward` */
  readonly path: string;
  /** Keys (field number and wire type 2) of the bytes field in requests and responses. */
  readonly requestTag: number;
  readonly responseTag: number;
  /** Bytes a client may send before they are taken (default 256 KiB). */
  readonly window?: number;
  /** What is written to a call is the implementation's again after `write`. */
  readonly borrows?: boolean;
  /** Further headers of every answer, in small letters: what this implementation does beyond the protocol. */
  readonly headers?: Metadata;
  serve(call: ServedBlockCall): ServedBlockEvents;
}

export interface BlockServer {
  /** Serves a connection if its client is `blockChannel`; `first` is what has been read of it. Undefined: not yet known. */
  accept(socket: Socket, first: Buffer): boolean | undefined;
  close(): void;
}

interface BlockServerDeps {
  readonly methods: readonly BlockMethod[];
  readonly authenticate: ((context: CallContext, method: string) => void | Promise<void>) | undefined;
  readonly onError: ((error: unknown, method: string, metadata?: Metadata) => void) | undefined;
}

type ServedStream = ReturnType<NonNullable<Parameters<typeof createSession>[0]["onStream"]>>;

const prefaceBytes = 24;
/**
 * Serves connections of `blockChannel`, which carry calls of these methods only. Every other client, and every other call,
 * is grpc-js's to serve.
 */
export const createBlockServer = ({ methods, authenticate, onError }: BlockServerDeps): BlockServer => {
  const byPath = new Map(methods.map((method) => [method.path, method]));
  const sessions = new Set<Session>();

  const serveStream = (stream: BlockStream, path: string): ServedStream => {
    const method = byPath.get(path);
    let events: ServedBlockEvents | undefined;
    let finished = false;
    let metadata: Metadata = {};
    const finish = (error?: unknown) => {
      if (finished) return;
      finished = true;
      if (error !== undefined && !(error instanceof RpcError)) onError?.(error, path, metadata);
      const { code, details } = error ? statusOfError(error) : { code: Code.Ok, details: "" };
      stream.headers(
        [
          ["grpc-status", String(code)],
          ["grpc-message", encodeURIComponent(details)],
        ],
        true,
      );
      // What the client still sends is of no use to anybody.
      stream.resume();
    };
    const begin = async (headers: ReadonlyMap<string, string>) => {
      metadata = Object.fromEntries([...headers].filter(([name]) => !name.startsWith(":")));
      stream.headers(
        [[":status", "200"], ["content-type", "application/grpc"], ...Object.entries(method?.headers ?? {})],
        false,
      );
      if (!method) throw new RpcError(Code.Unimplemented, `The server does not implement the method ${path}`);
      if (authenticate) await authenticate(createServedCall(() => metadata, undefined).context, path);
      if (finished) return;
      events = method.serve({
        metadata,
        write: (bytes, sent) => finished || stream.write(method.responseTag, bytes, sent, method.borrows),
        send: (message) => void (finished || stream.send(message)),
        pause: () => stream.pause(),
        resume: () => stream.resume(),
        finish,
      });
      stream.resume();
    };
    return {
      tag: method?.requestTag ?? 0,
      window: method?.window,
      events: {
        ...noEvents,
        onHeaders(headers) {
          if (events) return;
          // Until it is known whose call this is, nothing of it is looked at.
          stream.pause();
          begin(headers).catch(finish);
        },
        onBlock(piece) {
          if (!finished) events?.onBlock(piece);
        },
        onMessage(message) {
          if (!finished) events?.onMessage(message);
        },
        onDrain: () => events?.onDrain(),
        onEnd: () => events?.onEnd(),
        onReset() {
          finished = true;
          events?.onGone();
        },
      },
    };
  };

  return {
    accept(socket, first) {
      const begins = (hello: Buffer) =>
        first.subarray(0, hello.length).equals(hello.subarray(0, first.length));
      if (!Object.values(clientHello).some(begins)) return false;
      if (first.length < clientHello.ordinary.length) return undefined;
      const session: Session = createSession({
        socket,
        onStream: serveStream,
        onClose: () => sessions.delete(session),
      });
      sessions.add(session);
      session.receive(first.subarray(prefaceBytes));
      return true;
    },
    close() {
      for (const session of [...sessions]) session.destroy("the server is closing");
    },
  };
};
