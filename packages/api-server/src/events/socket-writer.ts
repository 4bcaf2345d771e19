import { eventsCloseCode } from "@k8shell/contract";
import type { WebSocket } from "ws";

/** Writes the messages of one socket, and knows how far its client is behind. */
export interface SocketWriter {
  /** Sends a message at once, whatever waits already. For what is bounded otherwise. Returns its bytes, 0 if it did not. */
  send(text: string): number;
  /** Whether there is room for more. */
  readonly hasRoom: boolean;
  /** Resolves when there is room, or the socket is closed. */
  room(): Promise<void>;
  /** Bytes handed to the socket so far. */
  readonly sent: number;
}

/** With this many bytes unread by the client nothing is sent that can wait. */
const highWater = 1 << 20;
/** A client that has this many unread is cut off: it asks and never reads. */
const most = 16 << 20;
/** How long a client may read nothing of what waits for it, milliseconds. */
const patienceMs = 30_000;
const answerMs = 2_000;

/**
 * @param onRoom called when there is room again
 * @param patience milliseconds, instead of the usual
 */
export const createSocketWriter = (
  socket: WebSocket,
  onRoom: () => void,
  patience = patienceMs,
): SocketWriter => {
  let unread = 0;
  let sent = 0;
  let waiting: (() => void)[] = [];
  let stalled: ReturnType<typeof setTimeout> | undefined;

  const giveUp = () => {
    socket.close(eventsCloseCode.tooSlow, "the client does not read");
    setTimeout(() => socket.terminate(), answerMs).unref();
  };
  const release = () => {
    const resume = waiting;
    waiting = [];
    for (const next of resume) next();
  };
  socket.once("close", () => {
    clearTimeout(stalled);
    release();
  });

  const written = (bytes: number) => {
    const wasFull = unread >= highWater;
    unread -= bytes;
    if (unread > 0) stalled?.refresh();
    else {
      clearTimeout(stalled);
      stalled = undefined;
    }
    if (!wasFull || unread >= highWater) return;
    release();
    onRoom();
  };

  return {
    send(text) {
      if (socket.readyState !== socket.OPEN) return 0;
      const bytes = Buffer.byteLength(text);
      if (unread > most) {
        giveUp();
        return 0;
      }
      unread += bytes;
      sent += bytes;
      stalled ??= setTimeout(giveUp, patience).unref();
      socket.send(text, () => written(bytes));
      return bytes;
    },
    get hasRoom() {
      return unread < highWater;
    },
    async room() {
      if (unread < highWater || socket.readyState !== socket.OPEN) return;
      await new Promise<void>((resume) => waiting.push(resume));
    },
    get sent() {
      return sent;
    },
  };
};
