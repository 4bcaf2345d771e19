/** Lets one loop of waits be broken by signals, with one listener per signal for all of them. */
export interface Interruption {
  /** Throws the reason when a signal has aborted. */
  check(): void;
  /** The promise's outcome, or the abort's reason as soon as there is one. One wait at a time. */
  wait<T>(promise: Promise<T>): Promise<T>;
  /** Breaks the current or next wait. */
  fail(error: unknown): void;
  /** Removes the listeners. */
  dispose(): void;
}

export const createInterruption = (...signals: Array<AbortSignal | undefined>): Interruption => {
  const sources = signals.filter((signal) => signal !== undefined);
  let failure: { reason: unknown } | undefined;
  let reject: ((reason: unknown) => void) | undefined;

  const fail = (reason: unknown) => {
    failure ??= { reason };
    reject?.(failure.reason);
  };
  const listeners = sources.map((signal) => {
    const listener = () => fail(signal.reason);
    if (signal.aborted) listener();
    else signal.addEventListener("abort", listener);
    return () => signal.removeEventListener("abort", listener);
  });
  const check = () => {
    if (failure) throw failure.reason;
  };

  return {
    check,
    fail,
    // Promise.race would keep every outcome alive for as long as the signal lives.
    wait: (promise) =>
      new Promise((resolve, rejectWait) => {
        promise.then(resolve, rejectWait);
        if (failure) rejectWait(failure.reason);
        reject = rejectWait;
      }),
    dispose() {
      for (const remove of listeners) remove();
    },
  };
};

/** Runs one wait under a signal. The operation itself goes on: `late` gets its result when nobody waits any more. */
export const underSignal = async <T>(
  signal: AbortSignal | undefined,
  operation: () => Promise<T>,
  late?: (result: T) => void,
): Promise<T> => {
  if (!signal) return operation();
  signal.throwIfAborted();
  const interruption = createInterruption(signal);
  const result = operation();
  try {
    return await interruption.wait(result);
  } catch (error) {
    result.then(late, () => {});
    throw error;
  } finally {
    interruption.dispose();
  }
};
