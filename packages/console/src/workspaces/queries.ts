import { queryOptions } from "@tanstack/react-query";
import { k8shell } from "../app/server.ts";

export const workspacesQuery = queryOptions({
  queryKey: ["workspaces"],
  queryFn: ({ signal }) => k8shell.api.listWorkspaces({}, { signal }),
  refetchInterval: 4_000,
});

export const blueprintsQuery = queryOptions({
  queryKey: ["blueprints"],
  queryFn: ({ signal }) => k8shell.api.listMyBlueprints({}, { signal }),
});
