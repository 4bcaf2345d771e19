import { pathOf } from "@k8shell/sdk";
import { queryOptions } from "@tanstack/react-query";
import { live } from "../app/live.ts";
import { k8shell } from "../app/server.ts";

export const usersQuery = queryOptions({
  queryKey: ["admin", "users"],
  queryFn: ({ signal }) => k8shell.api.listUsers({}, { signal }),
});

export const userQuery = (username: string) =>
  queryOptions({
    queryKey: ["admin", "users", username],
    queryFn: ({ signal }) => k8shell.api.getUserProfile({ username }, { signal }),
  });

export const userWorkspacesQuery = (username: string) =>
  queryOptions({
    queryKey: ["admin", "workspaces", username],
    queryFn: ({ signal }) => k8shell.api.listWorkspaces({ username }, { signal }),
    ...live("workspaces", pathOf("listWorkspaces", { username })),
  });

export const organizationsQuery = queryOptions({
  queryKey: ["admin", "organizations"],
  queryFn: ({ signal }) => k8shell.api.listOrganizations({}, { signal }),
});

export const organizationVariablesQuery = (org: string) =>
  queryOptions({
    queryKey: ["admin", "organizations", org, "variables"],
    queryFn: ({ signal }) => k8shell.api.listOrganizationEnvVars({ org }, { signal }),
  });

/** Roles of an organization, and those that every organization has. */
export const rolesQuery = (org: string) =>
  queryOptions({
    queryKey: ["admin", "roles", org],
    queryFn: ({ signal }) => k8shell.api.listRoles({ org }, { signal }),
  });

export const blueprintsQuery = queryOptions({
  queryKey: ["admin", "blueprints"],
  queryFn: ({ signal }) => k8shell.api.listAllBlueprints({}, { signal }),
});

export const onboardRulesQuery = (org: string) =>
  queryOptions({
    queryKey: ["admin", "onboarding", org],
    queryFn: ({ signal }) => k8shell.api.queryOnboardRules({ org, body: {} }, { signal }),
  });
