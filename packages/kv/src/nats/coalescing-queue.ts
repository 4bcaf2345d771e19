import type { KvEvent } from "../types.ts";

export interface CoalescingQueue {
  readonly iterator: AsyncIterator<KvEvent, undefined>;
  push(event: KvEvent): void;
  /** The reader ends, after an error if one is given; what is queued is dropped. */
  end(error?: Error): void;
}

/** Events queued in full for a reader that is slow; of those beyond it only the last of each key is kept. */
const maxQueued = 1_024;

type Waiting = PromiseWithResolvers<IteratorResult<KvEvent, undefined>>;

/** @param onEnd runs once, when the reader leaves or the queue is ended */
export const createCoalescingQueue = (onEnd: () => void): CoalescingQueue => {
  let queue: KvEvent[] = [];
  let overflow = new Map<string, KvEvent>();
  let waiting: Waiting[] = [];
  let ended = false;
  let failure: Error | undefined;
  const done = { value: undefined, done: true } as const;

  const finish = async (): Promise<IteratorResult<KvEvent, undefined>> => {
    const error = failure;
    failure = undefined;
    if (error) throw error;
    return done;
  };
  const end = (error?: Error) => {
    if (ended) return;
    ended = true;
    queue = [];
    overflow.clear();
    failure = error;
    const [first, ...others] = waiting;
    waiting = [];
    first?.resolve(finish());
    for (const { resolve } of others) resolve(done);
    onEnd();
  };

  return {
    iterator: {
      async next() {
        if (ended) return finish();
        if (queue.length === 0 && overflow.size > 0) {
          queue = [...overflow.values()];
          overflow = new Map();
        }
        const event = queue.shift();
        if (event) return { value: event, done: false };
        const wait: Waiting = Promise.withResolvers();
        waiting.push(wait);
        return wait.promise;
      },
      async return() {
        end();
        return done;
      },
    },
    push(event) {
      if (ended) return;
      const first = waiting.shift();
      if (first) {
        first.resolve({ value: event, done: false });
      } else if (queue.length < maxQueued && overflow.size === 0) {
        queue.push(event);
      } else {
        // No key looks like the name of an event in brackets.
        const key = "key" in event ? event.key : `[${event.type}]`;
        overflow.delete(key);
        overflow.set(key, event);
      }
    },
    end,
  };
};
