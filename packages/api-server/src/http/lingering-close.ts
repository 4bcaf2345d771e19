import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** How long a client may take to fetch its last answer and go on sending, milliseconds. The values are those of nginx. */
export interface LingerLimits {
  /** Between two pieces, when the answer has been sent (`lingering_timeout`). */
  readonly idleMs: number;
  /** Altogether (`lingering_time`). */
  readonly totalMs: number;
}
/** A socket, or what stands for one. */
export interface LingeringSocket extends Duplex {
  setTimeout(ms: number, onTimeout: () => void): unknown;
}
const defaultLimits: LingerLimits = { idleMs: 5_000, totalMs: 30_000 };

/**
 * Sends what is written and closes a connection so that it arrives, though the client is sending still (RFC 9112, section 9.6):
 * a socket closed with unread bytes is reset by the kernel, and the client may lose the answer that it has not read yet. What
 * comes until then is thrown away.
 */
export const closeLingering = (
  socket: LingeringSocket,
  { idleMs, totalMs }: LingerLimits = defaultLimits,
): void => {
  // Nobody looks at it, Node's parser included: it may hold further requests.
  socket.removeAllListeners("data");
  socket.on("data", () => {});
  socket.resume();
  const cut = () => socket.destroy();
  // A slow client may take nothing for a while of what waits for it.
  socket.end(() => socket.setTimeout(idleMs, cut));
  const total = setTimeout(cut, totalMs).unref();
  socket.once("close", () => clearTimeout(total));
};

/** Has Node close the connection of an answer in that way when the answer is the last one. */
export const lingerAfter = ({ req: request }: ServerResponse): void => {
  const { socket } = request;
  socket.destroySoon = () => {
    // Node has stopped reading for a body that nobody took.
    request.resume();
    closeLingering(socket);
  };
};
