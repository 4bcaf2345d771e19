import type { Log } from "@k8shell/contract";
import type { SessionStore } from "./store.ts";

/** What is kept of ended sessions: both limits hold. */
export interface SessionRetention {
  readonly days: number;
  readonly rows: number;
}

export interface JanitorOptions {
  readonly store: SessionStore;
  readonly retention: SessionRetention;
  /** Deletes recordings that are too old. Resolves to how many. */
  readonly pruneRecordings: () => Promise<number>;
  readonly log: Log;
  /** Clock, epoch milliseconds. */
  readonly now: () => number;
}

export interface Janitor {
  /** One round of work, as the timer does it. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

// grpc-behaviour section 7: not heard of for 5 minutes, sweep every minute, 100 at a time.
const staleMs = 5 * 60_000;
const sweepMs = 60_000;
const batchSize = 100;
const pruneMs = 3_600_000;

/** Ends sessions whose server died without saying so, and deletes old ones. */
export const startJanitor = ({ store, retention, pruneRecordings, log, now }: JanitorOptions): Janitor => {
  let running: Promise<void> | undefined;
  let nextPrune = 0;

  const work = async () => {
    const before = now() - staleMs;
    let ended = 0;
    let batch: number;
    do {
      batch = await store.endStale(before, batchSize);
      ended += batch;
    } while (batch === batchSize);
    if (ended > 0) log.info({ ended }, "sessions not heard of were ended");
    if (now() < nextPrune) return;
    nextPrune = now() + pruneMs;
    await store.prune(now() - retention.days * 86_400_000, retention.rows);
    const deleted = await pruneRecordings();
    if (deleted > 0) log.info({ deleted }, "old recordings were deleted");
  };

  const sweep = (): Promise<void> => {
    running ??= store
      .whenIdle(work)
      .then(() => {})
      .catch((error: unknown) => log.error({ error }, "sessions could not be swept"))
      .finally(() => {
        running = undefined;
      });
    return running;
  };

  const timer = setInterval(sweep, sweepMs).unref();
  return {
    sweep,
    async close() {
      clearInterval(timer);
      await running;
    },
  };
};
