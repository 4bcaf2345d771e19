import type { RunningSandbox } from "../sandbox/types.ts";

/** Work that brings a workspace up. */
export interface Work {
  /** Cuts it short; its job then ends as failed. */
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** Work that takes a workspace down. */
export interface Ending {
  readonly kind: "stop" | "delete";
  readonly done: Promise<void>;
}

/** What goes on with one workspace in this process. At most one of `work` and `ending` moves it at a time. */
export interface Live {
  running?: RunningSandbox | undefined;
  work?: Work | undefined;
  ending?: Ending | undefined;
  /** Waits to begin an ending that was asked for with a delay. */
  timer?: NodeJS.Timeout | undefined;
}

export interface Lives {
  of(name: string): Live;
  forget(name: string): void;
  all(): Array<[string, Live]>;
}

export const createLives = (): Lives => {
  const lives = new Map<string, Live>();
  return {
    of(name) {
      const known = lives.get(name);
      if (known) return known;
      const live: Live = {};
      lives.set(name, live);
      return live;
    },
    forget: (name) => void lives.delete(name),
    all: () => [...lives],
  };
};
