import type { Logger } from "pino";

/** Work that goes on after the request that began it was answered. */
export interface BackgroundTasks {
  /** Starts `work`. Its failure is logged. `signal` aborts when the server has waited long enough at its end. */
  run(name: string, work: (signal: AbortSignal) => Promise<void>): void;
  /** How many run now. */
  readonly size: number;
  /** Waits for what runs, up to `graceMs`, then aborts the rest and waits for it to end. */
  close(graceMs: number): Promise<void>;
}

/** Makes the register of background work. */
export const createBackgroundTasks = ({ log }: { log: Logger }): BackgroundTasks => {
  const running = new Set<Promise<void>>();
  const stop = new AbortController();

  const guarded = async (name: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> => {
    try {
      await work(stop.signal);
    } catch (err) {
      if (!stop.signal.aborted) log.warn({ err, task: name }, "background work failed");
    }
  };

  return {
    run(name, work) {
      const task = guarded(name, work).finally(() => running.delete(task));
      running.add(task);
    },
    get size() {
      return running.size;
    },
    async close(graceMs) {
      const timer = setTimeout(() => stop.abort(), graceMs);
      await Promise.all(running);
      clearTimeout(timer);
      stop.abort();
    },
  };
};
