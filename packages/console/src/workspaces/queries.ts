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

/** Owners of repositories at the caller's identity provider; none for whoever has no such provider. */
export const repoOwnersQuery = queryOptions({
  queryKey: ["repo-owners"],
  queryFn: ({ signal }) => k8shell.api.listMyRepoOwners({}, { signal }),
  staleTime: 60_000,
});

export const reposQuery = (owner: string) =>
  queryOptions({
    queryKey: ["repos", owner],
    queryFn: ({ signal }) => k8shell.api.listMyRepos({ owner }, { signal }),
    staleTime: 60_000,
  });
