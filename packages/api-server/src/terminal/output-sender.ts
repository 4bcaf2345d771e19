import { outputFrame } from "./cloudshell-codec.ts";

/** The part of a WebSocket that sending needs. */
export interface FrameSocket {
  send(frame: Uint8Array, done: (error?: Error | null) => void): void;
}

/** Terminal output on its way to one browser. */
export interface OutputSender {
  /**
   * Sends text (valid UTF-8) at once when everything before it has left; otherwise it waits and joins what follows.
   * The result, if any, resolves when there is room for more: wait for it before the next call.
   */
  push(text: Uint8Array): Promise<void> | undefined;
  /** Sends what waits, now. */
  flush(): void;
  /** The socket is closed: nobody waits any more. */
  close(): void;
}

export interface OutputSenderOptions {
  /** Bytes beyond which `push` asks to wait (default 1 MiB), and below which it goes on (default half of it). */
  highWater?: number;
  lowWater?: number;
  /** Largest text of one frame made by joining, bytes (default 64 KiB). */
  frameBytes?: number;
}

export const createOutputSender = (
  socket: FrameSocket,
  { highWater = 1 << 20, lowWater = highWater / 2, frameBytes = 64 * 1024 }: OutputSenderOptions = {},
): OutputSender => {
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let sentBytes = 0;
  let closed = false;
  let room: PromiseWithResolvers<void> | undefined;

  const release = () => {
    room?.resolve();
    room = undefined;
  };
  const send = (parts: readonly Uint8Array[]) => {
    const frame = outputFrame(parts);
    sentBytes += frame.length;
    socket.send(frame, () => {
      sentBytes -= frame.length;
      if (sentBytes === 0) flush();
      if (sentBytes + waitingBytes < lowWater) release();
    });
  };
  const flush = () => {
    if (waitingBytes === 0 || closed) return;
    const parts = waiting;
    waiting = [];
    waitingBytes = 0;
    send(parts);
  };

  return {
    push(text) {
      if (closed || text.length === 0) return undefined;
      if (sentBytes === 0 && waitingBytes === 0) send([text]);
      else {
        if (waitingBytes + text.length > frameBytes) flush();
        waiting.push(text);
        waitingBytes += text.length;
        if (waitingBytes >= frameBytes) flush();
      }
      if (sentBytes + waitingBytes <= highWater) return undefined;
      room ??= Promise.withResolvers();
      return room.promise;
    },
    flush,
    close() {
      closed = true;
      waiting = [];
      waitingBytes = 0;
      release();
    },
  };
};
