import { RpcError } from "@k8shell/rpc";
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import type { ApiError } from "./api-error.ts";

/** Logs failures of what lies behind this server: the first at once, then how many more there were. */
export interface OutageLog {
  /** Is it one of those failures? Then it is dealt with here. */
  take(error: ApiError, fields: object, message: string): boolean;
}

const outages: ReadonlySet<string> = new Set(["unavailable", "timeout", "bad_gateway"]);

/** @param everyMs time between two lines about the same peer and failure, milliseconds */
export const createOutageLog = (log: Logger, everyMs = 10_000, now: () => number = Date.now): OutageLog => {
  const known = new LRUCache<string, { loggedAt: number; more: number }>({ max: 1_000 });
  return {
    take(error, fields, message) {
      if (!outages.has(error.code)) return false;
      const peer = error.cause instanceof RpcError ? error.cause.peer : undefined;
      const key = `${error.code} ${peer ?? error.message}`;
      const last = known.get(key);
      if (last && now() - last.loggedAt < everyMs) {
        last.more += 1;
        return true;
      }
      known.set(key, { loggedAt: now(), more: 0 });
      log.warn({ ...fields, ...(last && last.more > 0 ? { alsoFailed: last.more } : {}) }, message);
      return true;
    },
  };
};
