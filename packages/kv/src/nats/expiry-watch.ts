import type { KvEntry } from "../types.ts";

/** Tells when entries expire: NATS drops them without a word to watchers. */
export interface ExpiryWatch {
  /** An entry was written that expires at `at` (epoch milliseconds by the server's clock). All have the same TTL. */
  expect(key: string, revision: number, at: number): void;
  /** The entry was deleted. */
  forget(key: string): void;
  close(): void;
}

/** Time the server gets to drop an entry, and between looks at one that should be gone, milliseconds. */
const graceMs = 100;
const againMs = 500;

/**
 * @param find the entry as the store has it: clocks differ, so only an entry that is really gone counts as expired
 * @param expired called once for each
 */
export const createExpiryWatch = (
  find: (key: string) => Promise<KvEntry | undefined>,
  expired: (key: string, revision: number) => void,
): ExpiryWatch => {
  // Oldest first, because each write moves its key to the end.
  const due = new Map<string, { readonly revision: number; readonly at: number }>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let looking = false;

  const schedule = (least = 0) => {
    if (closed || looking || timer) return;
    const [first] = due.values();
    if (!first) return;
    // setTimeout takes no more than 2^31 - 1.
    const ms = Math.min(Math.max(first.at + graceMs - Date.now(), least), 2 ** 31 - 1);
    timer = setTimeout(() => {
      timer = undefined;
      void look();
    }, ms);
    timer.unref();
  };

  const look = async () => {
    looking = true;
    let wait = 0;
    for (const [key, { revision, at }] of [...due]) {
      if (closed || at + graceMs > Date.now()) break;
      try {
        const entry = await find(key);
        const still = due.get(key)?.revision === revision;
        if (still && entry?.revision === revision) {
          wait = againMs;
          break;
        }
        // A newer revision is told by the watch itself.
        if (still) due.delete(key);
        if (still && !entry && !closed) expired(key, revision);
      } catch {
        // The store is away: entries expire all the same, and are asked for when it is back.
        wait = againMs;
        break;
      }
    }
    looking = false;
    schedule(wait);
  };

  return {
    expect(key, revision, at) {
      due.delete(key);
      due.set(key, { revision, at });
      schedule();
    },
    forget(key) {
      due.delete(key);
    },
    close() {
      closed = true;
      clearTimeout(timer);
      due.clear();
    },
  };
};
