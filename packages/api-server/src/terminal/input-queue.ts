/** What the user types, on its way to a shell that may not be ready or not reading. */
export interface InputQueue {
  push(data: Uint8Array): void;
  /** There is no more; what waits is written first. */
  end(): void;
  /**
   * Begins to write, what waits first.
   * @param write resolves when there is room for more
   * @param ended called once everything before `end` is written
   */
  open(write: (data: Uint8Array) => Promise<void>, ended?: () => void): void;
  /** Drops what waits and takes no more. */
  close(): void;
}

export interface InputQueueOptions {
  /** Called when too much waits: the socket is to be read no more. */
  pause(): void;
  resume(): void;
}

/** Bytes that may wait before the socket is paused, and below which it is read again. */
const highWater = 256 * 1024;
const lowWater = 64 * 1024;

/** Makes a queue that takes input at once and hands it on in order. */
export const createInputQueue = ({ pause, resume }: InputQueueOptions): InputQueue => {
  let chunks: Uint8Array[] = [];
  let bytes = 0;
  let paused = false;
  let closed = false;
  let writing = false;
  let target: ((data: Uint8Array) => Promise<void>) | undefined;
  let atEnd: (() => void) | undefined;
  let ending = false;

  const run = async () => {
    if (writing || !target) return;
    writing = true;
    for (let next = chunks.shift(); next && !closed; next = chunks.shift()) {
      await target(next);
      bytes -= next.length;
      if (paused && bytes < lowWater) {
        paused = false;
        resume();
      }
    }
    writing = false;
    if (ending && !closed) {
      ending = false;
      atEnd?.();
    }
  };

  return {
    push(data) {
      if (closed || data.length === 0) return;
      chunks.push(data);
      bytes += data.length;
      if (!paused && bytes >= highWater) {
        paused = true;
        pause();
      }
      void run();
    },
    end() {
      ending = true;
      void run();
    },
    open(write, ended) {
      target = write;
      atEnd = ended;
      void run();
    },
    close() {
      closed = true;
      chunks = [];
    },
  };
};
