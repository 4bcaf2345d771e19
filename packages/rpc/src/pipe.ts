/** A writable async iterable with a bounded buffer: the request side of a stream, written from callbacks. */
export interface Pipe<T> extends AsyncIterable<T> {
  /**
   * Queues a value. Resolves to true when there is room for the next one, and to false when the pipe takes no more:
   * it was ended or failed, or its reader is gone.
   */
  write(value: T): Promise<boolean>;
  /** Values queued and not yet taken. */
  readonly length: number;
  /** No more values: the reader ends after those queued. On a call's request side this is the half-close. */
  end(): void;
  /** The reader throws `error` after the values queued. */
  fail(error: unknown): void;
  /** Drops the values queued; the reader throws `error` now. */
  abort(error: unknown): void;
}

const open = Promise.resolve(true);
const closed = Promise.resolve(false);

/**
 * Makes a Pipe. It can be read once.
 * @param highWaterMark values that may be queued before `write` waits (default 16)
 */
export const createPipe = <T>(highWaterMark = 16): Pipe<T> => {
  let queue: T[] = [];
  let ended = false;
  let abandoned = false;
  let failure: { error: unknown } | undefined;
  let readers: Array<() => void> = [];
  let writers: Array<(open: boolean) => void> = [];

  const releaseWriters = (room: boolean) => {
    const waiting = writers;
    writers = [];
    for (const resume of waiting) resume(room);
  };
  const wake = () => {
    const waiting = readers;
    readers = [];
    for (const resume of waiting) resume();
  };
  const abandon = () => {
    abandoned = true;
    queue = [];
    releaseWriters(false);
    wake();
  };

  const iterator: AsyncIterator<T, undefined> = {
    async next() {
      for (;;) {
        if (queue.length > 0) {
          const value = queue.shift() as T;
          if (queue.length < highWaterMark) releaseWriters(true);
          return { value, done: false };
        }
        if (failure) {
          const { error } = failure;
          // Like a generator: it throws once and is finished then.
          failure = undefined;
          abandon();
          throw error;
        }
        if (ended || abandoned) return { value: undefined, done: true };
        await new Promise<void>((resolve) => readers.push(resolve));
      }
    },
    async return() {
      abandon();
      return { value: undefined, done: true };
    },
  };

  return {
    get length() {
      return queue.length;
    },
    write(value) {
      if (ended || abandoned || failure) return closed;
      queue.push(value);
      wake();
      if (queue.length < highWaterMark) return open;
      return new Promise((resolve) => writers.push(resolve));
    },
    end() {
      ended = true;
      releaseWriters(false);
      wake();
    },
    fail(error) {
      if (ended || abandoned) return;
      failure ??= { error };
      releaseWriters(false);
      wake();
    },
    abort(error) {
      if (abandoned) return;
      queue = [];
      failure ??= { error };
      releaseWriters(false);
      wake();
    },
    [Symbol.asyncIterator]: () => iterator,
  };
};
