import { pathOf } from "@k8shell/sdk";
import { queryOptions } from "@tanstack/react-query";
import { live } from "../app/live.ts";
import { k8shell } from "../app/server.ts";

/** Open connections: the caller's own, or those of everybody whom they may see. */
export const liveQuery = (all: boolean) =>
  queryOptions({
    queryKey: ["live", all],
    queryFn: ({ signal }) => k8shell.api.listLive(all ? { all: true } : {}, { signal }),
    ...live("connections", pathOf("listLive", all ? { all: true } : {})),
  });
