/** Runs operations of one key one after another. */
export type KeyedLock = <T>(key: string, operation: () => Promise<T>) => Promise<T>;

export const createKeyedLock = (): KeyedLock => {
  const tails = new Map<string, Promise<unknown>>();
  return async (key, operation) => {
    const before = tails.get(key) ?? Promise.resolve();
    const result = before.then(operation);
    const tail = result.then(
      () => {},
      () => {},
    );
    tails.set(key, tail);
    try {
      return await result;
    } finally {
      if (tails.get(key) === tail) tails.delete(key);
    }
  };
};
