import { K8shellError } from "../error.ts";
import type { Socket } from "./open-socket.ts";

/** What has arrived and was not read yet. Reading slowly holds the other side back. */
export interface PacedQueue<T> extends AsyncIterable<T> {
  push(item: T, bytes: number): void;
  /** There is no more. */
  end(): void;
  /** What is read after what has arrived throws this. */
  fail(error: unknown): void;
}

/** Unread bytes at which the socket is paused, and below which it is read again. */
const highWater = 1 << 20;
const lowWater = 256 * 1024;
/** The most that may be unread of a socket that cannot be paused, as in browsers. */
const most = 16 << 20;

/**
 * @param socket the one that is paused; undefined while there is none
 * @param overflow called when too much is unread; the queue has failed then
 */
export const createPacedQueue = <T>(
  socket: () => Pick<Socket, "pause" | "resume" | "pauses"> | undefined,
  overflow: () => void,
): PacedQueue<T> => {
  let items: { readonly item: T; readonly bytes: number }[] = [];
  let bytes = 0;
  let isPaused = false;
  let failure: { readonly error: unknown } | undefined;
  let hasEnded = false;
  let wake = Promise.withResolvers<void>();
  const changed = () => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  const fail = (error: unknown) => {
    if (hasEnded || failure) return;
    failure = { error };
    changed();
  };
  async function* read(): AsyncGenerator<T, void, void> {
    for (;;) {
      const next = items.shift();
      if (next) {
        bytes -= next.bytes;
        if (isPaused && bytes < lowWater) {
          isPaused = false;
          socket()?.resume();
        }
        yield next.item;
      } else if (failure) throw failure.error;
      else if (hasEnded) return;
      else await wake.promise;
    }
  }
  return {
    push(item, size) {
      if (hasEnded || failure) return;
      items.push({ item, bytes: size });
      bytes += size;
      if (bytes >= highWater && !isPaused) {
        isPaused = true;
        socket()?.pause();
      }
      if (bytes > most && socket()?.pauses === false) {
        items = [];
        fail(
          new K8shellError("More than 16 MiB have arrived that were not read.", {
            status: 0,
            code: "not_read",
          }),
        );
        overflow();
      }
      changed();
    },
    end() {
      hasEnded = true;
      changed();
    },
    fail,
    [Symbol.asyncIterator]: read,
  };
};

const pollMs = 10;

/** Resolves when little of what was sent waits in the socket. WebSockets have no event for that. */
const room = async (socket: Pick<Socket, "bufferedAmount">, isOver: () => boolean): Promise<void> => {
  while (socket.bufferedAmount > highWater && !isOver()) {
    await new Promise((next) => setTimeout(next, pollMs));
  }
};

/** Bytes of one frame: a WebSocket is held back between frames only. */
const frameBytes = 64 * 1024;

/**
 * Sends bytes in frames, as fast as they leave.
 * @param isOver nobody takes them any more: the rest is dropped
 * @param frameOf makes a frame of its bytes
 */
export const sendPaced = async (
  socket: Pick<Socket, "bufferedAmount" | "send">,
  data: Uint8Array,
  isOver: () => boolean,
  frameOf: (piece: Uint8Array) => Uint8Array = (piece) => piece,
): Promise<void> => {
  for (let at = 0; at < data.length && !isOver(); at += frameBytes) {
    socket.send(frameOf(data.subarray(at, at + frameBytes)));
    await room(socket, isOver);
  }
};
