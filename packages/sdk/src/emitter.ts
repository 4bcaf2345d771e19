/** Listeners of named events. */
export interface Emitter<Events extends object> {
  /**
   * Calls `listener` at each event of this name.
   * @returns what takes it off again
   */
  on<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): () => void;
  emit<K extends keyof Events>(name: K, event: Events[K]): void;
  /** How many listen to an event. */
  count(name: keyof Events): number;
}

/** What a listener throws is its own affair: it is reported as not caught, and the others are called. */
const call = <E>(listener: (event: never) => void, event: E) => {
  try {
    listener(event as never);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
};

export const createEmitter = <Events extends object>(): Emitter<Events> => {
  const listeners = new Map<keyof Events, Set<(event: never) => void>>();
  return {
    on(name, listener) {
      const known = listeners.get(name) ?? new Set();
      listeners.set(name, known);
      // A wrapper of its own: the same function may be added twice.
      const entry = (event: never) => listener(event);
      known.add(entry);
      return () => known.delete(entry);
    },
    emit(name, event) {
      for (const listener of [...(listeners.get(name) ?? [])]) call(listener, event);
    },
    count: (name) => listeners.get(name)?.size ?? 0,
  };
};
