import type { Socket } from "node:net";
import type { CallContext } from "@k8shell/rpc";
import { onCancel, readRequests } from "../calls/request-stream.ts";

/** Largest data frame, bytes (grpc-behaviour section 4). */
const maxFrame = 32 * 1024;

/** How one call is joined to one socket. */
export interface SocketBridge<T> {
  /** Connected. Closed when the bridge ends. */
  socket: Socket;
  requests: AsyncIterator<T>;
  context: CallContext;
  /** The bytes of a request, or undefined when it carries none. */
  bytes: (request: T) => Uint8Array | undefined;
}

/** Writes to a socket; resolves, when there is something to wait for, once there is room again or the socket is gone. */
export const written = (socket: Socket, data: Uint8Array): Promise<void> | undefined => {
  if (socket.destroyed || socket.write(data)) return undefined;
  return new Promise((resolve) => {
    const done = () => {
      socket.off("drain", done);
      socket.off("close", done);
      resolve();
    };
    socket.on("drain", done);
    socket.on("close", done);
  });
};

/**
 * Copies both ways with backpressure: what the socket receives is yielded, the requests are written to it. Ends at
 * the socket's end of file, or when the client ends its requests: there is no half-close, the whole connection goes
 * once what was sent has been written (grpc-behaviour section 4).
 */
export const bridgeSocket = async function* <T>({
  socket,
  requests,
  context,
  bytes,
}: SocketBridge<T>): AsyncGenerator<Uint8Array> {
  // A reset by the target ends the stream as its end of file does.
  socket.on("error", () => {});
  const stopListening = onCancel(context, () => socket.destroy());
  let leaving = false;
  const pump = async () => {
    const end = await readRequests(requests, context, async (request) => {
      const data = bytes(request);
      if (data !== undefined && data.length > 0) await written(socket, data);
      return !socket.destroyed;
    });
    if (end === "half-close") {
      leaving = true;
      socket.destroySoon();
    } else if (end === "lost") socket.destroy();
  };
  void pump();
  try {
    for await (const chunk of socket) {
      for (let at = 0; at < chunk.length; at += maxFrame) yield chunk.subarray(at, at + maxFrame);
    }
  } catch (error) {
    if (!socket.destroyed) throw error;
  } finally {
    stopListening();
    if (!leaving) socket.destroy();
  }
};
