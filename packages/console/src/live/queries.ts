import { queryOptions } from "@tanstack/react-query";
import { k8shell } from "../app/server.ts";

/** Open connections: the caller's own, or those of everybody whom they may see. */
export const liveQuery = (all: boolean) =>
  queryOptions({
    queryKey: ["live", all],
    queryFn: ({ signal }) => k8shell.api.listLive(all ? { all: true } : {}, { signal }),
    refetchInterval: 5_000,
  });
