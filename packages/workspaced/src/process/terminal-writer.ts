import { writeSync } from "node:fs";
import { maxPendingInput } from "./interactive-process.ts";

/** What is typed, on its way into a terminal. */
export interface TerminalWriter {
  /** Queues input. Resolves when more may be written; input for a terminal that is closed is dropped. */
  write(data: Uint8Array): Promise<void>;
  /** Drops what waits: the terminal is closed. */
  close(): void;
}

/** A full terminal is tried again after this, milliseconds. */
const retryMs = 3;

/**
 * Writes to the descriptor of a terminal without ever blocking. Node's own stream of a terminal does not return from a
 * write before the kernel has taken all of it, and the kernel takes none while nobody reads what the program prints: a
 * large paste to a program that echoes it would stop this process for good.
 * @param fd of the master side, in non-blocking mode
 */
export const createTerminalWriter = (fd: number): TerminalWriter => {
  let queue: Uint8Array[] = [];
  let bytes = 0;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let waiting: Array<() => void> = [];

  const release = () => {
    const resolvers = waiting;
    waiting = [];
    for (const resolve of resolvers) resolve();
  };
  const close = () => {
    closed = true;
    clearTimeout(timer);
    queue = [];
    bytes = 0;
    release();
  };
  /** Bytes taken; 0 when the terminal is full. */
  const attempt = (data: Uint8Array): number => {
    try {
      return writeSync(fd, data);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EAGAIN") return 0;
      close();
      return data.length;
    }
  };
  const run = () => {
    timer = undefined;
    for (let first = queue[0]; first; first = queue[0]) {
      const taken = attempt(first);
      if (closed) return;
      bytes -= taken;
      if (taken < first.length) {
        queue[0] = first.subarray(taken);
        timer = setTimeout(run, retryMs);
        break;
      }
      queue.shift();
    }
    if (bytes < maxPendingInput) release();
  };

  return {
    async write(data) {
      if (closed || data.length === 0) return;
      queue.push(data);
      bytes += data.length;
      if (!timer) run();
      if (bytes >= maxPendingInput) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    close,
  };
};
