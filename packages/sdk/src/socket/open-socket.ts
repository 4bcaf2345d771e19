import { K8shellError } from "../error.ts";
import type { RequestOptions, Transport } from "../transport.ts";
import { beginSocket, refusalOf, type SocketAddress } from "./handshake.ts";

/** How a connection ended (RFC 6455, section 7.4.1; 1006: it was lost). */
export interface SocketEnd {
  readonly code: number;
  readonly reason: string;
}

export interface SocketRequest extends RequestOptions, SocketAddress {
  /** Subprotocols, best first. */
  readonly protocols: readonly string[];
  readonly onMessage: (data: Uint8Array, socket: Socket) => void;
  /** Called once, after the connection had been made. */
  readonly onClose: (end: SocketEnd) => void;
}

/** An open connection. */
export interface Socket {
  /** The subprotocol the server chose; empty when none. */
  readonly protocol: string;
  /** Bytes that have not left yet. */
  readonly bufferedAmount: number;
  /** Can `pause` hold the other side back? */
  readonly pauses: boolean;
  /** What is sent after the end is dropped. */
  send(data: Uint8Array): void;
  close(code?: number, reason?: string): void;
  /** Gives the connection up at once, as lost: for one that no longer answers. */
  cut(): void;
  pause(): void;
  resume(): void;
}

const standardTimeoutMs = 30_000;
/** `OPEN` of the WebSocket API. */
const openState = 1;

const bytesOf = (data: unknown): Uint8Array => {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (data instanceof Uint8Array) return data;
  throw new TypeError("a text frame");
};

/**
 * Opens a WebSocket.
 * @throws K8shellError when the server refuses it or cannot be reached; the signal's reason when it aborts before
 */
export const openSocket = async (transport: Transport, request: SocketRequest): Promise<Socket> => {
  const { path, query, protocols, onMessage, onClose, signal, timeoutMs = standardTimeoutMs } = request;
  signal?.throwIfAborted();
  const webSocket = await beginSocket(transport, { path, query }, protocols);
  webSocket.binaryType = "arraybuffer";
  const opened = Promise.withResolvers<"open" | "failed" | "late" | "aborted">();
  let isOpen = false;
  let ended = false;
  const end = (reason: SocketEnd) => {
    if (ended) return;
    ended = true;
    if (isOpen) onClose(reason);
    else opened.resolve("failed");
  };
  const socket: Socket = {
    get protocol() {
      return webSocket.protocol;
    },
    get bufferedAmount() {
      return webSocket.bufferedAmount;
    },
    pauses: webSocket.pause !== undefined,
    send(data) {
      // One that is closing already would complain in the browser's log.
      if (!ended && webSocket.readyState === openState) webSocket.send(data as Uint8Array<ArrayBuffer>);
    },
    close(code = 1000, reason) {
      webSocket.resume?.();
      webSocket.close(code, reason);
    },
    cut() {
      if (webSocket.terminate) webSocket.terminate();
      else webSocket.close();
      end({ code: 1006, reason: "" });
    },
    pause: () => webSocket.pause?.(),
    resume: () => webSocket.resume?.(),
  };
  webSocket.onopen = () => {
    isOpen = true;
    opened.resolve("open");
  };
  webSocket.onerror = () => {};
  webSocket.onclose = ({ code, reason }) => end({ code, reason });
  webSocket.onmessage = ({ data }) => {
    if (ended) return;
    try {
      onMessage(bytesOf(data), socket);
    } catch {
      // Not this protocol. The code is one that a page may give.
      webSocket.close(4400, "malformed frame");
      end({ code: 1002, reason: "malformed frame" });
    }
  };
  const abort = () => opened.resolve("aborted");
  signal?.addEventListener("abort", abort, { once: true });
  // It may have been aborted while the headers were made.
  if (signal?.aborted) abort();
  const timer = timeoutMs > 0 ? setTimeout(() => opened.resolve("late"), timeoutMs) : undefined;
  const outcome = await opened.promise;
  clearTimeout(timer);
  signal?.removeEventListener("abort", abort);
  // It may have been aborted in the very moment it was opened.
  if (outcome === "open" && !signal?.aborted) return socket;
  ended = true;
  if (outcome !== "failed") webSocket.close();
  signal?.throwIfAborted();
  if (outcome === "late") {
    throw new K8shellError(`The server did not open the WebSocket within ${timeoutMs / 1000} seconds.`, {
      status: 0,
      code: "client_timeout",
    });
  }
  const refusal = await refusalOf(transport, { path, query }, { signal });
  throw (
    refusal ??
    new K8shellError(
      "The server can be reached, but the WebSocket could not be opened: does a proxy in between let it through?",
      { status: 0, code: "network_error" },
    )
  );
};
