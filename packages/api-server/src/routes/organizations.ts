import { actions, routes } from "@k8shell/contract";
import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { AccountControl } from "../auth/account-control.ts";
import type { Backends } from "../backends/backends.ts";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, bind, json, noContent, type RequestContext } from "../http/handler.ts";
import { organizationJson } from "./mapping/organization.ts";
import { descriptorJson, queryInit } from "./mapping/query.ts";
import { listRestriction, permitsNothing } from "./obligations.ts";
import { deleteWorkspacesOf } from "./users.ts";

export interface OrganizationRoutesDeps {
  readonly backends: Backends;
  readonly accounts: Pick<AccountControl, "revokeUser">;
}

/** Identity gives out at most so many at once (grpc-behaviour section 6, "Lists and queries"). */
const pageSize = 100;

/** Organizations (rest-contract 1.2 and 1.3). */
export const organizationRoutes = ({ backends, accounts }: OrganizationRoutesDeps): BoundRoute[] => {
  const { identity } = backends;

  const membersOf = async (org: string): Promise<User[]> => {
    const found: User[] = [];
    for (;;) {
      const { users } = await identity.getUsers({ org, limit: pageSize, offset: found.length });
      found.push(...users);
      if (users.length < pageSize) return found.filter(({ organization }) => organization === org);
    }
  };

  /** All must be allowed before anything is written, as for a change of one user (grpc-behaviour section 8). */
  const mayDoToAll = async (
    authorize: RequestContext["authorize"],
    action: typeof actions.writeOrg,
    users: readonly User[],
  ) => {
    for (const { username } of users) await authorize(action, { type: "user", id: username });
  };

  const moveAll = async (users: readonly User[], org: string, caller: string, keepWorkspaces: boolean) => {
    for (const { username } of users) {
      await identity.updateUser({ username, org });
      // What was issued before names the old organization. Whoever asked for this need not be signed out for it.
      if (username !== caller) await accounts.revokeUser(username);
      if (!keepWorkspaces) await deleteWorkspacesOf(backends, username);
    }
  };

  const deleteAll = async (users: readonly User[], keepWorkspaces: boolean) => {
    for (const { username } of users) {
      // First, while they still have an owner: what follows can be repeated if one of the steps fails.
      if (!keepWorkspaces) await deleteWorkspacesOf(backends, username);
      await identity.deleteUser({ username });
      await accounts.revokeUser(username);
    }
  };

  return [
    bind(routes.listOrganizations, async ({ obligations }) => {
      const { org } = listRestriction(obligations);
      const { organizations } = await identity.listOrganizations({});
      const visible = organizations.filter(({ name }) => org === undefined || name === org);
      return json(200, visible.map(organizationJson));
    }),

    bind(routes.getOrganizationsSchema, async () =>
      json(200, descriptorJson(await identity.getOrganizationsQuerySchema({}))),
    ),

    bind(routes.queryOrganizations, async ({ body, obligations }) => {
      if (permitsNothing(obligations)) return json(200, []);
      const { organizations } = await identity.queryOrganizations({ query: queryInit(body, obligations) });
      const { org } = listRestriction(obligations);
      const visible = organizations.filter(({ name }) => org === undefined || name === org);
      return json(200, visible.map(organizationJson));
    }),

    bind(routes.createOrganization, async ({ body, authorize }) => {
      const { name, description = "" } = body;
      await authorize(actions.orgCreate, { type: "org", id: name });
      return json(201, organizationJson(await identity.createOrganization({ name, description })));
    }),

    bind(routes.getOrganization, async ({ params }) =>
      json(200, organizationJson(await identity.getOrganization({ name: params.org }))),
    ),

    bind(routes.updateOrganization, async ({ params, body }) => {
      const { description } = body;
      return json(
        200,
        organizationJson(await identity.updateOrganization({ name: params.org, description })),
      );
    }),

    bind(routes.deleteOrganization, async ({ params, body, principal, authorize }) => {
      const { name, readOnly } = await identity.getOrganization({ name: params.org });
      if (readOnly) throw new ApiError("conflict", `The organization ${name} is read-only.`);
      const { moveUsersToOrg, preserveWorkspaces } = body ?? {};
      const users = await membersOf(name);
      if (users.length > 0 && moveUsersToOrg !== undefined) {
        if (moveUsersToOrg === name) {
          throw new ApiError("invalid_body", 'Body field "moveUsersToOrg": must be another organization.');
        }
        await mayDoToAll(authorize, actions.writeOrg, users);
        const target = await identity.getOrganization({ name: moveUsersToOrg });
        await moveAll(users, target.name, principal.username, preserveWorkspaces !== false);
      } else if (users.length > 0) {
        // People and files cannot be brought back: that takes an explicit word.
        if (preserveWorkspaces === undefined) {
          throw new ApiError(
            "conflict",
            `The organization has users: send moveUsersToOrg to move them, or preserveWorkspaces to delete them.`,
          );
        }
        if (users.some(({ username }) => username === principal.username)) {
          throw new ApiError("conflict", "You are one of its users and cannot delete yourself this way.");
        }
        await mayDoToAll(authorize, actions.userDelete, users);
        await deleteAll(users, preserveWorkspaces);
      }
      await identity.deleteOrganization({ name });
      return noContent();
    }),
  ];
};
