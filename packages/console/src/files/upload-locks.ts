/**
 * Says which tab of the browser has an upload, with Web Locks (https://www.w3.org/TR/web-locks/): a tab that goes away
 * loses its locks. Browsers have them for pages over HTTPS and from localhost only.
 */
export interface UploadLocks {
  /** This tab has the upload, until it goes away. */
  take(key: string): void;
  /**
   * Waits until no other tab has the upload, and then has it.
   * @returns false when that cannot be known; rejects when the signal aborts
   */
  wait(key: string, signal: AbortSignal): Promise<boolean>;
  /** This tab does not have it any more. */
  drop(key: string): void;
}

const nameOf = (key: string) => `k8shell-upload:${key}`;

/** @param locks undefined where the browser has none */
export const createUploadLocks = (locks: LockManager | undefined): UploadLocks => {
  /** What ends the locks of this tab, those too that it does not have yet. */
  const ends = new Map<string, () => void>();
  const mine = (key: string): Promise<void> => new Promise((end) => ends.set(key, end));
  const drop = (key: string) => {
    ends.get(key)?.();
    ends.delete(key);
  };
  return {
    take(key) {
      if (!locks || ends.has(key)) return;
      const end = mine(key);
      void locks.request(nameOf(key), () => end).catch(() => {});
    },
    wait: (key, signal) =>
      locks
        ? new Promise((resolve, reject) => {
            locks
              .request(nameOf(key), { signal }, () => {
                const end = mine(key);
                signal.addEventListener("abort", () => drop(key), { once: true });
                resolve(true);
                return end;
              })
              .catch(reject);
          })
        : Promise.resolve(false),
    drop,
  };
};
