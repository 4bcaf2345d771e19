import { Code, RpcError } from "@k8shell/rpc";

/** Ids that may not be used again yet. */
export interface RecentIds {
  /**
   * Takes an id.
   * @returns what to call when its use is over; it stays taken for the memory time after that
   * @throws RpcError AlreadyExists
   */
  take(id: string): () => void;
}

/**
 * @param memoryMs how long an id stays taken after its end (grpc-behaviour section 4: about one minute)
 * @param now epoch milliseconds
 */
export const createRecentIds = (memoryMs: number, now: () => number): RecentIds => {
  const used = new Set<string>();
  /** In the order of their end. */
  const freeAt = new Map<string, number>();
  return {
    take(id) {
      for (const [known, at] of freeAt) {
        if (at > now()) break;
        freeAt.delete(known);
      }
      if (used.has(id) || freeAt.has(id)) throw new RpcError(Code.AlreadyExists, `exec ${id} already exists`);
      used.add(id);
      return () => {
        if (used.delete(id)) freeAt.set(id, now() + memoryMs);
      };
    },
  };
};
