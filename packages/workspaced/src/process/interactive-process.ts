import type { Writable } from "node:stream";

/** What an interactive process tells its owner. */
export interface ProcessEvents {
  /** Output, in order. The buffer is lent for the time of the call. */
  onData: (chunk: Uint8Array) => void;
  /**
   * The process ended and all its output was delivered. Comes once.
   * @param code status of the program, or 128 + the signal that ended it
   */
  onEnd: (code: number) => void;
}

/** A running shell, on a terminal or on pipes. */
export interface InteractiveProcess {
  readonly pid: number;
  /** Path of the terminal, e.g. `/dev/pts/3`; empty for pipes. */
  readonly terminal: string;
  /** Queues input. Resolves when more may be written, so that a paste of any size takes bounded memory. */
  write(data: Uint8Array): Promise<void>;
  /** No more input: end of file on pipes, a hang-up on a terminal. */
  endInput(): void;
  /** Stops reading output; the kernel then holds the process back. */
  pause(): void;
  resume(): void;
  /** @throws the system error; on pipes nothing happens */
  resize(columns: number, rows: number): void;
  /** Ends the process: hang-up, then SIGKILL. Output not yet delivered is dropped. */
  destroy(): void;
}

/** A hang-up gets this long before SIGKILL, milliseconds. */
export const hangUpGraceMs = 2000;

/**
 * Input that may wait for a process that does not read, in bytes. Larger than one stream window of small frames, so
 * that a half-close behind unread input is still noticed.
 */
export const maxPendingInput = 256 * 1024;

/** Writes to a stream and waits when it is far behind. Input for a process that is gone is dropped. */
export const createWriter = (stream: Writable) => {
  let waiting: Array<() => void> = [];
  const release = () => {
    const resolvers = waiting;
    waiting = [];
    for (const resolve of resolvers) resolve();
  };
  stream.on("drain", release);
  stream.on("close", release);
  return {
    /** @param written called when nobody looks at `data` any more; not when the stream ends before */
    async write(data: Uint8Array, written?: () => void): Promise<void> {
      if (stream.destroyed || !stream.writable) return;
      const done = written && ((error?: Error | null) => (error ? undefined : written()));
      if (stream.write(data, done) || stream.writableLength < maxPendingInput) return;
      await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
};
