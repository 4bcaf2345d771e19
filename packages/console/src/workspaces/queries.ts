import { pathOf } from "@k8shell/sdk";
import { queryOptions } from "@tanstack/react-query";
import { live } from "../app/live.ts";
import { k8shell } from "../app/server.ts";

export const workspacesQuery = queryOptions({
  queryKey: ["workspaces"],
  queryFn: ({ signal }) => k8shell.api.listWorkspaces({}, { signal }),
  ...live("workspaces", pathOf("listWorkspaces")),
});

export const blueprintsQuery = queryOptions({
  queryKey: ["blueprints"],
  queryFn: ({ signal }) => k8shell.api.listMyBlueprints({}, { signal }),
});
