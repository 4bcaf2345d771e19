import { pathOf } from "@k8shell/sdk";
import { queryOptions } from "@tanstack/react-query";
import { live } from "../app/live.ts";
import { k8shell } from "../app/server.ts";

/** Whose open connections: the caller's own, those of everybody whom they may see, or those to one workspace. */
export type LiveOf = "own" | "all" | { readonly workspace: string };

/** Open connections. */
export const liveQuery = (of: LiveOf) => {
  const query = of === "own" ? {} : of === "all" ? { all: true } : { all: true, workspace: of.workspace };
  return queryOptions({
    queryKey: ["live", query],
    queryFn: ({ signal }) => k8shell.api.listLive(query, { signal }),
    ...live("connections", pathOf("listLive", query)),
  });
};
