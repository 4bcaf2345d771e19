import type { ChangeTopic } from "@k8shell/contract";

/** What may have changed. */
export interface Change {
  /** A topic; `policy` for what people may do at all; or the section of the reference that a request which changed something belongs to. */
  readonly topic: ChangeTopic | "policy" | (string & {});
  /** Whose answers may be other ones now; absent: anybody's. */
  readonly username?: string | undefined;
}

/** News within this server that answers may have changed. Whoever listens looks for themselves. */
export interface Changes {
  tell(change: Change): void;
  /** Returns what ends the listening. */
  listen(listener: (change: Change) => void): () => void;
}

export const createChanges = (): Changes => {
  const listeners = new Set<(change: Change) => void>();
  return {
    tell(change) {
      for (const listener of listeners) listener(change);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
