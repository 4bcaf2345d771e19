/** A writable async iterable with a bounded buffer: the request side of a stream, written from callbacks. */
export interface Pipe<T> extends AsyncIterable<T> {
  /** Queues a value. Resolves when there is room for the next one; resolves to false when the reader is gone. */
  write(value: T): Promise<boolean>;
  /** Values queued and not yet taken. */
  readonly length: number;
  /** No more values: the reader ends after those queued. On a call's request side this is the half-close. */
  end(): void;
  /** The reader throws `error` after the values queued. */
  fail(error: unknown): void;
}

/**
 * Makes a Pipe. It can be read once.
 * @param highWaterMark values that may be queued before `write` waits (default 16)
 */
export const createPipe = <T>(highWaterMark = 16): Pipe<T> => {
  const queue: T[] = [];
  let ended = false;
  let abandoned = false;
  let failure: { error: unknown } | undefined;
  let wakeReader: (() => void) | undefined;
  let writers: Array<(open: boolean) => void> = [];

  const releaseWriters = (open: boolean) => {
    const waiting = writers;
    writers = [];
    for (const resume of waiting) resume(open);
  };
  const wake = () => {
    const resume = wakeReader;
    wakeReader = undefined;
    resume?.();
  };

  return {
    get length() {
      return queue.length;
    },
    write(value) {
      if (ended || abandoned || failure) return Promise.resolve(false);
      queue.push(value);
      wake();
      if (queue.length < highWaterMark) return Promise.resolve(true);
      return new Promise((resolve) => writers.push(resolve));
    },
    end() {
      ended = true;
      wake();
    },
    fail(error) {
      failure ??= { error };
      releaseWriters(false);
      wake();
    },
    [Symbol.asyncIterator]() {
      return {
        async next() {
          for (;;) {
            if (queue.length > 0) {
              const value = queue.shift() as T;
              if (queue.length < highWaterMark) releaseWriters(!ended);
              return { value, done: false };
            }
            if (failure) throw failure.error;
            if (ended || abandoned) return { value: undefined, done: true };
            await new Promise<void>((resolve) => {
              wakeReader = resolve;
            });
          }
        },
        async return() {
          abandoned = true;
          queue.length = 0;
          releaseWriters(false);
          wake();
          return { value: undefined, done: true };
        },
      };
    },
  };
};
