import { type Database, type Row, rowOf } from "./sqlite-database.ts";
import type { KvEvent } from "./types.ts";
import { createWatchQueue, type Refill, type WatchQueue } from "./watch-queue.ts";

export interface FeedDeps {
  database: Database;
  now: () => number;
  /** Turns expired entries into deletes. */
  sweep: () => void;
}

/** Tells watchers what changes in the file. */
export interface Feed {
  watch(bucket: string, options: { key?: string; signal: AbortSignal }): AsyncIterable<KvEvent>;
  /** A write of this process is committed: its watchers hear of it at once. */
  changed(bucket: string): void;
  close(): void;
}

interface Watched {
  /** Every change up to this revision has been told. */
  revision: number;
  watchers: Set<{ key: string | undefined; queue: WatchQueue }>;
}

/** How often the writes of other processes, and expiry, are looked for while somebody watches, milliseconds. */
const pollMs = 200;
const batch = 1_000;

export const createFeed = ({ database, now, sweep }: FeedDeps): Feed => {
  const { statements } = database;
  const buckets = new Map<string, Watched>();
  let timer: NodeJS.Timeout | undefined;
  let version = 0;

  const changesAfter = (bucket: string, revision: number, limit: number): Row[] =>
    database.read(() => statements.changes.all(bucket, revision, limit)).map(rowOf);

  const catchUp = (bucket: string) => {
    const watched = buckets.get(bucket);
    if (!watched) return;
    for (;;) {
      const rows = changesAfter(bucket, watched.revision, batch);
      for (const row of rows) {
        watched.revision = row.revision;
        for (const { key, queue } of watched.watchers) {
          if (key === undefined || key === row.key) queue.push(eventOf(row));
        }
      }
      if (rows.length < batch) return;
    }
  };

  const poll = () => {
    try {
      sweep();
      const current = database.version();
      if (current === version) return;
      version = current;
      for (const bucket of buckets.keys()) catchUp(bucket);
    } catch {
      // The store is busy or broken just now; those who call it are told, and the next turn tries again.
    }
  };
  const startPolling = () => {
    if (timer) return;
    version = database.version();
    timer = setInterval(poll, pollMs);
    timer.unref();
  };
  const stopPolling = () => {
    clearInterval(timer);
    timer = undefined;
  };

  const snapshot = (bucket: string, key: string | undefined): { events: KvEvent[]; revision: number } =>
    database.snapshot(() => {
      const range = { bucket, now: now(), from: key ?? "", to: key === undefined ? "\x7f" : `${key}\0` };
      const events: KvEvent[] = statements.list.all(range).map((row) => eventOf(rowOf(row)));
      events.push({ type: "current" });
      return { events, revision: Number(statements.bucket.get(bucket)?.revision ?? 0) };
    });

  const subscribe = (
    bucket: string,
    key: string | undefined,
    signal: AbortSignal,
  ): AsyncIterator<KvEvent, undefined> => {
    const { events, revision } = snapshot(bucket, key);
    const watched = buckets.get(bucket) ?? { revision, watchers: new Set() };
    buckets.set(bucket, watched);
    const refill = (since: number): Refill => {
      const rows = changesAfter(bucket, since, batch);
      return {
        events: rows.filter((row) => key === undefined || row.key === key).map(eventOf),
        revision: rows.at(-1)?.revision ?? since,
        more: rows.length === batch,
      };
    };
    const queue = createWatchQueue(events, revision, refill, () => {
      signal.removeEventListener("abort", queue.end);
      watched.watchers.delete(watcher);
      if (watched.watchers.size === 0) buckets.delete(bucket);
      if (buckets.size === 0) stopPolling();
    });
    const watcher = { key, queue };
    watched.watchers.add(watcher);
    signal.addEventListener("abort", queue.end);
    startPolling();
    if (signal.aborted) queue.end();
    return queue.iterator;
  };

  return {
    watch: (bucket, { key, signal }) => ({
      [Symbol.asyncIterator]: () => subscribe(bucket, key, signal),
    }),
    changed: catchUp,
    close() {
      stopPolling();
      for (const { watchers } of [...buckets.values()]) for (const { queue } of [...watchers]) queue.end();
    },
  };
};

const eventOf = ({ key, value, revision }: Row): KvEvent =>
  value === null ? { type: "delete", key, revision } : { type: "put", key, value, revision };
