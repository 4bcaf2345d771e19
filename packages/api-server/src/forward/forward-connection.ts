import { freeMemory } from "@k8shell/rpc";
import type { Logger } from "pino";
import type { RawData, WebSocket } from "ws";
import type { ForwardStream, OpenForward } from "../backends/port-forward.ts";
import { bytesOf, closeCode } from "../http/websocket.ts";

/** Name of the subprotocol; docs/protocols/forward.md is its specification. */
export const forwardProtocol = "k8shell-forward-v1";

export interface ForwardConnectionOptions {
  readonly socket: WebSocket;
  readonly forward: OpenForward;
  readonly port: number;
  /** The client did something. */
  readonly touch: () => void;
  readonly log: Logger;
}

/** A client with this much unread holds the port back, and is served again below the other, bytes. */
const highWater = 1 << 20;
const lowWater = 256 * 1024;
/** Names that are no addresses are the workspace's to resolve. */
const host = "localhost";

/**
 * Joins a WebSocket to a TCP connection in a workspace, with backpressure both ways. Call it in the same turn of the event
 * loop in which the socket was accepted. Resolves when both are over. Never throws.
 */
export const serveForward = ({
  socket,
  forward,
  port,
  touch,
  log,
}: ForwardConnectionOptions): Promise<void> => {
  const over = Promise.withResolvers<void>();
  let stream: ForwardStream | undefined;
  let inputEnded = false;
  let halfCloses = false;
  let isClosed = false;
  let isPaused = false;

  const close = (code: number, reason: string) => {
    // A paused socket would not see the other side's answer.
    socket.resume();
    socket.close(code, reason);
  };
  const left = (bytes: Buffer) => (error?: Error | null) => {
    if (!error) freeMemory(bytes);
    if (!isPaused || socket.bufferedAmount > lowWater) return;
    isPaused = false;
    stream?.resume();
  };
  // A workspace that cannot end one side keeps the connection until the port ends it: its answer is still to come.
  const endInput = () => {
    if (inputEnded && halfCloses) stream?.end();
  };

  socket.on("message", (data: RawData, isBinary: boolean) => {
    if (isClosed) return;
    if (!isBinary) {
      close(closeCode.unsupportedData, "frames are binary");
      return;
    }
    touch();
    const bytes = bytesOf(data);
    if (inputEnded) {
      close(closeCode.invalidPayload, "nothing may follow an empty frame");
      return;
    }
    if (bytes.length === 0) {
      inputEnded = true;
      endInput();
    } else if (stream?.write(bytes, () => freeMemory(bytes)) === false) socket.pause();
  });
  socket.on("close", () => {
    if (!isClosed) stream?.destroy();
    isClosed = true;
    over.resolve();
  });

  stream = forward(
    { host, port, halfClose: true },
    {
      onBegin(able) {
        halfCloses = able;
        endInput();
      },
      onData(bytes) {
        if (isClosed) return;
        const kept = Buffer.from(bytes);
        socket.send(kept, left(kept));
        if (isPaused || socket.bufferedAmount < highWater) return;
        isPaused = true;
        stream?.pause();
      },
      onDrain: () => socket.resume(),
      onClose(error) {
        if (isClosed) return;
        isClosed = true;
        if (error) {
          log.info({ err: error, port }, "port not reached");
          close(closeCode.internalError, `port ${port} cannot be reached`);
          return;
        }
        socket.send(new Uint8Array(), () => {});
        close(closeCode.normal, "the connection has ended");
      },
    },
  );
  return over.promise;
};
