import { Code, RpcError } from "@k8shell/rpc";

/** Runs work of one key one after the other, that of different keys at once. */
export type Turns = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/**
 * Builds `Turns`, for work that costs much and is asked for by anybody: nobody has more than a share of it.
 * @param maxWaiting how much of one key may wait; more is refused with ResourceExhausted
 */
export const createTurns = (maxWaiting: number): Turns => {
  const queues = new Map<string, { last: Promise<unknown>; length: number }>();
  return async (key, work) => {
    const queue = queues.get(key) ?? { last: Promise.resolve(), length: 0 };
    if (queue.length > maxWaiting) {
      throw new RpcError(Code.ResourceExhausted, "too many of these are under way: wait for one of them");
    }
    queues.set(key, queue);
    queue.length++;
    const mine = queue.last.then(work);
    queue.last = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      queue.length--;
      if (queue.length === 0) queues.delete(key);
    }
  };
};
