import type { KvEvent } from "./types.ts";

/** One watcher's events on their way to its reader. */
export interface WatchQueue {
  readonly iterator: AsyncIterator<KvEvent, undefined>;
  /** Queues an event. Past the limit it is dropped, and read from the store again when the reader gets there. */
  push(event: KvEvent): void;
  /** The reader ends after what is queued is dropped. */
  end(): void;
}

/** Events queued for a reader that is slow; beyond it, it sees only the last change of each key. */
const maxQueued = 1_024;

/** Some of the changes after a revision, in order. */
export interface Refill {
  events: KvEvent[];
  /** Revision of the last change looked at. */
  revision: number;
  /** There may be changes after it. */
  more: boolean;
}

/**
 * @param refill looks in the store for changes after a revision
 * @param onEnd runs once, when the reader leaves or the queue is ended
 */
export const createWatchQueue = (
  initial: KvEvent[],
  since: number,
  refill: (since: number) => Refill,
  onEnd: () => void,
): WatchQueue => {
  let queue = initial;
  let last = since;
  let lagging = false;
  let ended = false;
  let waiting: Array<(result: IteratorResult<KvEvent, undefined>) => void> = [];
  const done = { value: undefined, done: true } as const;

  const end = () => {
    if (ended) return;
    ended = true;
    queue = [];
    for (const resolve of waiting) resolve(done);
    waiting = [];
    onEnd();
  };
  const take = (): KvEvent | undefined => {
    while (lagging && queue.length === 0) {
      const found = refill(last);
      queue = found.events;
      last = found.revision;
      lagging = found.more;
    }
    return queue.shift();
  };

  return {
    iterator: {
      async next() {
        if (ended) return done;
        const event = take();
        if (event) return { value: event, done: false };
        return new Promise((resolve) => waiting.push(resolve));
      },
      async return() {
        end();
        return done;
      },
    },
    push(event) {
      if (ended || lagging || ("revision" in event && event.revision <= last)) return;
      if (queue.length >= maxQueued) {
        lagging = true;
        return;
      }
      if ("revision" in event) last = event.revision;
      const resolve = waiting.shift();
      if (resolve) resolve({ value: event, done: false });
      else queue.push(event);
    },
    end,
  };
};
