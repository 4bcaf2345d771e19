/** Hands items from callbacks over to one iterator. */
export interface Handover<T> {
  put(item: T): void;
  end(): void;
  fail(error: Error): void;
  /** What was put, until `end`; throws what `fail` was given, or the signal's reason. */
  items(): AsyncGenerator<T, void, void>;
}

/** @param keep what is kept while nobody takes: all, or only the newest */
export const createHandover = <T>(signal: AbortSignal | undefined, keep: "all" | "newest"): Handover<T> => {
  let waiting: T[] = [];
  let isOver = false;
  let error: unknown;
  let wake: (() => void) | undefined;
  const finish = (failure?: unknown) => {
    isOver = true;
    error ??= failure;
    wake?.();
  };
  return {
    put(item) {
      if (keep === "newest") waiting = [];
      waiting.push(item);
      wake?.();
    },
    end: () => finish(),
    fail: finish,
    async *items() {
      signal?.throwIfAborted();
      const abort = () => finish(signal?.reason);
      signal?.addEventListener("abort", abort, { once: true });
      try {
        for (;;) {
          signal?.throwIfAborted();
          const [item] = waiting;
          if (waiting.length > 0) {
            waiting.shift();
            yield item as T;
          } else if (isOver) {
            if (error !== undefined) throw error;
            return;
          } else {
            await new Promise<void>((resume) => {
              wake = resume;
            });
          }
        }
      } finally {
        signal?.removeEventListener("abort", abort);
      }
    },
  };
};
