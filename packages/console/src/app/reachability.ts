import { createListeners } from "./listeners.ts";

/** Whether the server answers. The browser's own word for that is about networks, not about this server. */
export interface Reachability {
  reachable(): boolean;
  subscribe(listener: () => void): () => void;
  /** As `fetch`, whose outcomes are heeded. */
  readonly fetch: typeof fetch;
  /** Something else than a request met a server that does not answer. */
  suspect(): void;
  /**
   * Asks the server, and again and again until it answers.
   * @returns whether it did not at first
   */
  answered(): Promise<boolean>;
}

const longestPauseMs = 5_000;

/**
 * Watches requests: when one fails a probe is sent, and while probes fail the server counts as unreachable.
 * @param probe asks the server anything; it rejects when there is no answer
 */
export const createReachability = (doFetch: typeof fetch, probe: () => Promise<unknown>): Reachability => {
  const listeners = createListeners();
  let isReachable = true;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let probing = false;
  let waiting: (() => void)[] = [];

  const become = (next: boolean) => {
    if (isReachable === next) return;
    isReachable = next;
    listeners.tell();
  };
  const succeeded = () => {
    failures = 0;
    clearTimeout(timer);
    timer = undefined;
    become(true);
    const waited = waiting;
    waiting = [];
    for (const go of waited) go();
  };
  const look = async () => {
    if (probing) return;
    probing = true;
    clearTimeout(timer);
    try {
      await probe();
      succeeded();
    } catch {
      failures += 1;
      become(false);
      timer = setTimeout(() => void look(), Math.min(longestPauseMs, 500 * 2 ** failures));
    } finally {
      probing = false;
    }
  };
  addEventListener("online", () => void look());
  addEventListener("offline", () => void look());

  return {
    reachable: () => isReachable,
    subscribe: listeners.subscribe,
    async fetch(input, init) {
      try {
        const response = await doFetch(input, init);
        succeeded();
        return response;
      } catch (error) {
        if (!init?.signal?.aborted) void look();
        throw error;
      }
    },
    suspect: () => void look(),
    async answered() {
      let wasAway = !isReachable;
      const end = listeners.subscribe(() => {
        if (!isReachable) wasAway = true;
      });
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        void look();
      });
      end();
      return wasAway;
    },
  };
};
