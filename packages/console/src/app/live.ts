import type { FollowPath } from "@k8shell/sdk";

/** What the pages keep up to date while they are looked at. */
export type LiveTopic =
  | "workspaces"
  | "workspace"
  | "usage"
  | "apps"
  | "files"
  | "ports"
  | "sessions"
  | "terminals"
  | "connections";

/** How often each is asked for where it cannot be followed, milliseconds. */
const everyMs: Readonly<Record<LiveTopic, number>> = {
  workspaces: 4_000,
  workspace: 2_500,
  usage: 5_000,
  apps: 2_500,
  files: 10_000,
  ports: 10_000,
  sessions: 5_000,
  terminals: 5_000,
  connections: 5_000,
};

/** Queries whose answers come over the event socket now, by their hash. */
export const followed: Set<string> = new Set();

/** What `meta` of a query that can be followed has. */
export interface LiveMeta extends Record<string, unknown> {
  readonly follow?: string;
}

/**
 * Options of a query whose answer changes by itself. This is the one place that knows how changes get here.
 * @param path what answers the query as it is, from `pathOf`: it is followed over the tab's event socket
 *   (live-updates.ts), and asked for from time to time only while that cannot be
 */
export const live = <T>(topic: LiveTopic, path?: FollowPath<T>) => ({
  refetchInterval: ({ queryHash }: { queryHash: string }): number | false =>
    followed.has(queryHash) ? false : everyMs[topic],
  refetchIntervalInBackground: false as const,
  ...(path === undefined ? {} : { meta: { follow: path } satisfies LiveMeta }),
});
