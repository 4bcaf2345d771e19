import { routes, type WorkspaceLogEntryJson } from "@k8shell/contract";
import { LogLevel, type SystemLogsStreamResponse } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import type { Backends } from "../backends/backends.ts";
import { type BoundRoute, bind, type HandlerResult, handled, json } from "../http/handler.ts";
import { toNumber } from "./mapping/values.ts";
import { beginTextStream } from "./text-stream.ts";
import { askWorkspace, workspaceError } from "./workspace-call.ts";
import { targetWorkspace } from "./workspaces.ts";

export interface WorkspaceLogRoutesDeps {
  readonly backends: Pick<Backends, "workspaces">;
}

const callMs = 10_000;
/** How long a daemon may keep quiet before the response begins without an entry, milliseconds. */
const firstEntryMs = 1_000;

const levels = {
  debug: LogLevel.DEBUG,
  info: LogLevel.INFO,
  warn: LogLevel.WARN,
  error: LogLevel.ERROR,
  fatal: LogLevel.FATAL,
} as const;

const entryJson = (entry: SystemLogsStreamResponse): WorkspaceLogEntryJson => ({
  id: toNumber(entry.id),
  time: entry.time,
  component: entry.component,
  level: entry.level,
  message: entry.message,
});

/**
 * Resolves when the promise settles or the time is over, and fails with it: an error that comes early can still be told
 * by the status of the response.
 */
const settledSoon = async (promise: Promise<unknown>, ms: number): Promise<void> => {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** The log of a workspace's daemon (rest-contract 3.2, end). */
export const workspaceLogRoutes = ({ backends: { workspaces } }: WorkspaceLogRoutesDeps): BoundRoute[] => [
  bind(routes.getWorkspaceLogs, async (context): Promise<HandlerResult> => {
    const { query, signal } = context;
    const { system } = workspaces.connect(targetWorkspace(context.target));
    const request = {
      component: query.component ?? "",
      level: query.level ? levels[query.level] : LogLevel.UNSPECIFIED,
      follow: query.follow ?? false,
      lastN: query.lastN ?? 0,
    };
    const entries = system.getLogsStream(request, { signal })[Symbol.asyncIterator]();
    let next = entries.next();
    try {
      await settledSoon(next, firstEntryMs);
      const stream = beginTextStream(context, "logs", "application/x-ndjson");
      for (let entry = await next; !entry.done; entry = await next) {
        if (!(await stream.write(`${JSON.stringify(entryJson(entry.value))}\n`))) break;
        next = entries.next();
      }
      await stream.end();
      return handled;
    } catch (error) {
      if (!signal.aborted) throw workspaceError(error);
      return handled;
    } finally {
      next.catch(() => undefined);
      await entries.return?.().catch(() => undefined);
    }
  }),

  bind(routes.getWorkspaceLogPage, async ({ target, query, signal }) => {
    const { system } = workspaces.connect(targetWorkspace(target));
    const request = {
      component: query.component ?? "",
      level: query.level ? levels[query.level] : LogLevel.UNSPECIFIED,
      beforeId: BigInt(query.before_id ?? 0),
      limit: query.limit ?? 0,
    };
    const { entries, hasMore } = await askWorkspace(() =>
      system.getLogsPage(request, { timeoutMs: callMs, signal }),
    );
    return json(200, { entries: entries.map(entryJson), has_more: hasMore });
  }),
];
