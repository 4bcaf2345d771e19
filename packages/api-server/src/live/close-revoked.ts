import type { WebSocket } from "ws";
import { closeCode } from "../http/websocket.ts";

/** How long a peer has to answer the close frame, milliseconds. */
const answerMs = 2_000;

/** Closes a WebSocket whose caller may have it no longer (1008), and cuts it soon when the peer does not answer. */
export const closeRevoked = (socket: WebSocket, reason: string): void => {
  // Until the peer answers, its messages would still arrive: none of them may have an effect.
  socket.removeAllListeners("message");
  socket.resume();
  socket.close(closeCode.policyViolation, reason);
  const timer = setTimeout(() => socket.terminate(), answerMs).unref();
  socket.once("close", () => clearTimeout(timer));
};
