/** Received messages on their way to a reader that may be slow. */
export interface Receiver<T> extends AsyncIterator<T, undefined> {
  next(): Promise<IteratorResult<T, undefined>>;
  /** Begins to read ahead, before the reader asks for anything. */
  start(): void;
  /** One message arrived, in answer to one `startRead`. */
  push(bytes: Uint8Array): void;
  /** No more messages: the reader ends after those queued. */
  end(): void;
  /** The reader throws `error` after those queued. */
  fail(error: unknown): void;
  /** Drops those queued; the reader throws `error` now, or ends when that is undefined. */
  abort(error: unknown): void;
}

/**
 * Bytes of read-ahead. It hides the event loop's turns and is small against the flow-control window, but holds a
 * thousand small messages: grpc-js drops messages not yet asked for when an error status arrives behind them, and those
 * of a progress report must not be lost to a reader that is slower than the network.
 */
const maxQueuedBytes = 256 * 1024;
/** What a message costs besides its bytes. */
const messageOverhead = 256;

/**
 * Asks the transport for messages only as fast as they are read, apart from a small read-ahead: what is not asked for
 * stays in the HTTP/2 flow-control window and so holds the sender back.
 * @param startRead asks the transport for one message
 * @param decode makes the reader's value of its bytes; what it throws, the reader gets
 */
export const createReceiver = <T>(startRead: () => void, decode: (bytes: Uint8Array) => T): Receiver<T> => {
  let queue: Uint8Array[] = [];
  let queuedBytes = 0;
  let reading = false;
  let over: { error?: unknown } | undefined;
  let waiting: Array<PromiseWithResolvers<IteratorResult<T, undefined>>> = [];

  const readAhead = () => {
    if (reading || over || queuedBytes >= maxQueuedBytes) return;
    reading = true;
    startRead();
  };
  const settle = (): Promise<IteratorResult<T, undefined>> => {
    const error = over?.error;
    over = {};
    return error === undefined ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(error);
  };
  const deliver = (bytes: Uint8Array): Promise<IteratorResult<T, undefined>> => {
    try {
      return Promise.resolve({ value: decode(bytes), done: false });
    } catch (error) {
      return Promise.reject(error);
    }
  };
  const finish = (outcome: { error?: unknown }) => {
    if (over) return;
    over = outcome;
    const readers = waiting;
    waiting = [];
    for (const reader of readers) reader.resolve(settle());
  };

  return {
    next() {
      const bytes = queue.shift();
      if (bytes) {
        queuedBytes -= bytes.length + messageOverhead;
        readAhead();
        return deliver(bytes);
      }
      if (over) return settle();
      const reader = Promise.withResolvers<IteratorResult<T, undefined>>();
      waiting.push(reader);
      readAhead();
      return reader.promise;
    },
    start: readAhead,
    push(bytes) {
      reading = false;
      if (over) return;
      const reader = waiting.shift();
      if (reader) reader.resolve(deliver(bytes));
      else {
        queue.push(bytes);
        queuedBytes += bytes.length + messageOverhead;
      }
      readAhead();
    },
    end() {
      finish({});
    },
    fail(error) {
      finish({ error });
    },
    abort(error) {
      queue = [];
      queuedBytes = 0;
      if (over) over = { error };
      else finish({ error });
    },
  };
};
