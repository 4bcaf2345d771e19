/** Who wants to know of a change; `subscribe` is what `useSyncExternalStore` takes. */
export interface Listeners {
  /** @returns what ends it */
  subscribe(listener: () => void): () => void;
  /** Calls all of them. */
  tell(): void;
  clear(): void;
}

export const createListeners = (): Listeners => {
  const listeners = new Set<() => void>();
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell() {
      for (const listener of listeners) listener();
    },
    clear: () => listeners.clear(),
  };
};
