import { K8shellError } from "../error.ts";
import { openSocket, type Socket, type SocketEnd } from "../socket/open-socket.ts";
import { createPacedQueue, sendPaced } from "../socket/paced-queue.ts";
import type { RequestOptions, Transport } from "../transport.ts";

/** A TCP connection to a port of a workspace. Reading slowly holds the other side back, and is held back by it. */
export interface ForwardedConnection {
  /** Ends when the other side has ended. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Closing it tells the other side that no more comes, which may still answer. */
  readonly writable: WritableStream<Uint8Array>;
  /** Resolves when the connection has ended in order. @throws K8shellError when it was lost, or nothing was reached */
  readonly closed: Promise<void>;
  /** Ends it at once. */
  close(): void;
}

/** Subprotocol; docs/protocols/forward.md is its specification. */
const protocol = "k8shell-forward-v1";

const failureOf = ({ code, reason }: SocketEnd): K8shellError => {
  const words = reason === "" ? "the connection was lost" : reason;
  return new K8shellError(`The connection to the workspace's port has ended: ${words}.`, {
    status: 0,
    code: code === 1008 ? "forbidden" : code === 1011 ? "port_unreachable" : "network_error",
  });
};

/**
 * Connects to a port of a workspace.
 * @throws K8shellError when the server refuses it or cannot be reached; that nothing listens on the port shows in `closed`
 */
export const openForward = async (
  transport: Transport,
  workspace: string,
  port: number,
  { signal, timeoutMs }: RequestOptions = {},
): Promise<ForwardedConnection> => {
  const closed = Promise.withResolvers<void>();
  // Whoever does not look has no use for the failure.
  closed.promise.catch(() => {});
  const writing = new AbortController();
  let socket: Socket | undefined;
  let isOver = false;
  const received = createPacedQueue<Uint8Array>(
    () => socket,
    () => socket?.cut(),
  );
  const finish = (error?: unknown) => {
    if (isOver) return;
    isOver = true;
    signal?.removeEventListener("abort", abort);
    if (error === undefined) {
      received.end();
      closed.resolve();
    } else {
      received.fail(error);
      closed.reject(error);
    }
    writing.abort(error ?? new TypeError("the connection has ended"));
  };
  const abort = () => {
    finish(signal?.reason);
    socket?.close();
  };
  const opened = await openSocket(transport, {
    path: `/api/v1/workspaces/${encodeURIComponent(workspace)}/ports/${port}/forward`,
    protocols: [protocol],
    signal,
    timeoutMs,
    onMessage(data) {
      if (data.length > 0) received.push(data, data.length);
      else received.end();
    },
    onClose: (end) => finish(end.code === 1000 ? undefined : failureOf(end)),
  });
  socket = opened;
  signal?.addEventListener("abort", abort, { once: true });
  const close = () => {
    finish();
    opened.close();
  };

  const pieces = received[Symbol.asyncIterator]();
  const readable = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await pieces.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Uint8Array>({
    start(controller) {
      const stop = () => controller.error(writing.signal.reason);
      writing.signal.addEventListener("abort", stop, { once: true });
    },
    write: (data) => sendPaced(opened, data, () => isOver),
    close: () => opened.send(new Uint8Array()),
    abort: close,
  });
  return { readable, writable, closed: closed.promise, close };
};
