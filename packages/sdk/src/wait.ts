/**
 * Resolves after some time.
 * @param ms milliseconds
 * @throws the signal's reason when it aborts first
 */
export const wait = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });

/** Milliseconds before attempt `attempt` (1, 2, …): doubling from 200 ms to 10 s, of which a random half is left out. */
export const backOff = (attempt: number): number =>
  Math.min(10_000, 200 * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
