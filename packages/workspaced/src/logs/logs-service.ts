import { LogLevel, type SystemService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import type { LogEntry, LogLevelName, LogRing } from "./log-ring.ts";

type LogMethods = Pick<ServiceImpl<typeof SystemService>, "getLogsStream" | "getLogsPage">;

/** Entries of a page when the request names no limit (grpc-behaviour section 4). */
const defaultLimit = 100;
const maxLimit = 1000;

const levelNames: Partial<Record<LogLevel, LogLevelName>> = {
  [LogLevel.INFO]: "info",
  [LogLevel.WARN]: "warn",
  [LogLevel.ERROR]: "error",
  [LogLevel.FATAL]: "fatal",
};

const toMessage = (entry: LogEntry) => ({ ...entry, id: BigInt(entry.id) });

/** The log part of SystemService (grpc-behaviour section 4). */
export const createLogMethods = ({ ring }: { ring: LogRing }): LogMethods => ({
  async *getLogsStream({ component, level, follow, lastN }, context) {
    if (lastN < 0) throw new RpcError(Code.InvalidArgument, "last_n must not be negative");
    const filter = { component, level: levelNames[level] ?? "debug" } as const;
    let seen = ring.lastId;
    const { entries } = ring.page(filter, 0, lastN === 0 ? Number.MAX_SAFE_INTEGER : lastN);
    for (const entry of entries) yield toMessage(entry);
    while (follow && !context.signal.aborted) {
      await ring.waitFor(seen, context.signal);
      const newest = ring.lastId;
      for (const entry of ring.after(filter, seen)) {
        if (context.signal.aborted) return;
        yield toMessage(entry);
      }
      seen = newest;
    }
  },

  getLogsPage({ component, level, beforeId, limit }) {
    if (beforeId < 0n || limit < 0) {
      throw new RpcError(Code.InvalidArgument, "before_id and limit must not be negative");
    }
    const filter = { component, level: levelNames[level] ?? "debug" } as const;
    const wanted = limit === 0 ? defaultLimit : Math.min(limit, maxLimit);
    const { entries, hasMore } = ring.page(filter, Number(beforeId), wanted);
    return { entries: entries.map(toMessage), hasMore };
  },
});
