import { createChanges } from "./changes.ts";

/** Levels of the daemon's log, least severe first. */
const logLevels = ["debug", "info", "warn", "error", "fatal"] as const;
export type LogLevelName = (typeof logLevels)[number];

/** One line of the daemon's log. Ids count from 1 and never repeat while the daemon runs. */
export interface LogEntry {
  id: number;
  /** RFC 3339. */
  time: string;
  component: string;
  level: LogLevelName;
  message: string;
}

/** Which entries are wanted. */
export interface LogFilter {
  /** Empty: every component. */
  component: string;
  /** This level and those more severe. */
  level: LogLevelName;
}

/** The daemon's most recent log entries, in bounded memory. */
export interface LogRing {
  push(entry: Omit<LogEntry, "id">): void;
  /** Entries that match, oldest first: the last `limit` of those with an id below `beforeId` (0: no bound). */
  page(filter: LogFilter, beforeId: number, limit: number): { entries: LogEntry[]; hasMore: boolean };
  /** Entries that match with an id above `afterId`, oldest first. */
  after(filter: LogFilter, afterId: number): LogEntry[];
  /** Id of the newest entry, 0 when empty. */
  readonly lastId: number;
  /** Resolves when there is an entry above `id`, or the signal aborts. */
  waitFor(id: number, signal: AbortSignal): Promise<void>;
}

/** @param capacity entries kept */
export const createLogRing = (capacity = 2000): LogRing => {
  let entries: LogEntry[] = [];
  let lastId = 0;
  const changes = createChanges();

  const matches = (filter: LogFilter) => {
    const least = logLevels.indexOf(filter.level);
    return (entry: LogEntry) =>
      logLevels.indexOf(entry.level) >= least &&
      (filter.component === "" || entry.component === filter.component);
  };

  return {
    get lastId() {
      return lastId;
    },
    push(entry) {
      lastId += 1;
      entries.push({ id: lastId, ...entry });
      // Trimming in blocks keeps pushing cheap.
      if (entries.length >= capacity * 1.25) entries = entries.slice(-capacity);
      changes.notify();
    },
    page(filter, beforeId, limit) {
      const found = entries.filter(
        (entry) => (beforeId === 0 || entry.id < beforeId) && matches(filter)(entry),
      );
      return { entries: found.slice(-limit), hasMore: found.length > limit };
    },
    after: (filter, afterId) => entries.filter((entry) => entry.id > afterId && matches(filter)(entry)),
    waitFor: (id, signal) => (lastId > id ? Promise.resolve() : changes.next(signal)),
  };
};
