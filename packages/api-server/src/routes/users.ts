import { actions, routes } from "@k8shell/contract";
import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import type { AccountControl } from "../auth/account-control.ts";
import type { Backends } from "../backends/backends.ts";
import { findAnyUser } from "../backends/find-user.ts";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, bind, json, noContent } from "../http/handler.ts";
import { pageOf } from "../http/page.ts";
import { bindBoth, targetUser } from "./both.ts";
import { profileJson, userJson } from "./mapping/user.ts";
import { checkGrantedRoles, listRestriction } from "./obligations.ts";
import { lockoutsOf } from "./password-lockouts.ts";

export interface UserRoutesDeps {
  readonly backends: Backends;
  readonly accounts: Pick<AccountControl, "userCreated" | "userDeleted">;
  /** Identity is part of this process: many questions cost it little. Another one is asked as the contract says. */
  readonly ownIdentity: boolean;
  /**
   * Identity's refusal of a deletion, before anything is deleted. Undefined when Identity is remote: no rpc asks for it, and it
   * may have rules of its own.
   * @throws RpcError
   */
  readonly requireDeletable: ((username: string) => Promise<void>) | undefined;
}

/** Identity gives out at most so many at once (grpc-behaviour section 6, "Lists and queries"). */
const pageSize = 100;
const removalTimeoutMs = 75_000;

/** Deletes all workspaces of a user; that there are none is fine. */
export const deleteWorkspacesOf = async ({ provisioner }: Backends, username: string): Promise<void> => {
  try {
    await provisioner.deleteUserWorkspaces({ username }, { timeoutMs: removalTimeoutMs });
  } catch (error) {
    if (!(error instanceof RpcError) || error.code !== Code.NotFound) throw error;
  }
};

/** Listing, creating and deleting users (rest-contract 1.1, row 11, and 1.2). */
export const userRoutes = ({
  backends,
  accounts,
  ownIdentity,
  requireDeletable,
}: UserRoutesDeps): BoundRoute[] => {
  const { identity } = backends;

  const listUsers = async (obligations: Readonly<Record<string, string>>): Promise<User[]> => {
    const { username, org, roles, blueprints } = listRestriction(obligations);
    // An empty list permits nobody; on the wire it would mean everybody.
    if (roles?.length === 0 || blueprints?.length === 0) return [];
    const filter = { org: org ?? "", roles: [...(roles ?? [])], blueprints: [...(blueprints ?? [])] };
    const found: User[] = [];
    for (;;) {
      const { users } = await identity.getUsers({ ...filter, limit: pageSize, offset: found.length });
      found.push(...users);
      if (users.length < pageSize) break;
    }
    return found.filter(
      (user) =>
        (username === undefined || user.username === username) &&
        (org === undefined || user.organization === org),
    );
  };

  return [
    bind(routes.listUsers, async ({ obligations, request }) => {
      const users = await listUsers(obligations);
      const profiles = users.map((user) => profileJson(user));
      if (!ownIdentity) return json(200, profiles);
      const shown = pageOf(profiles, { ...(request.query ?? {}) })?.items ?? profiles;
      const lockouts = await lockoutsOf(backends, shown);
      return json(
        200,
        users.map((user) => profileJson(user, lockouts.get(user.username))),
      );
    }),

    bind(routes.createUser, async ({ body, principal, authorize }) => {
      const {
        username,
        org: organization = principal.org,
        roles = [],
        sudo = false,
        locked = false,
        ...rest
      } = body;
      if (organization === "") throw new ApiError("invalid_body", "org is required.");
      const resource = { type: "user", id: username, attributes: { org: organization } } as const;
      const obligations = await authorize(actions.userCreate, resource);
      checkGrantedRoles(roles, obligations);
      // Without a policy service there is nobody to ask; with one, sudo has to be granted explicitly.
      if (sudo && backends.authz && obligations.sudo !== "true") {
        throw new ApiError("forbidden", "You may not give the right to sudo.");
      }
      const created = await identity.createUser({ ...rest, username, organization, roles, sudo, locked });
      await accounts.userCreated(created.username, locked);
      return json(201, userJson(created));
    }),

    ...bindBoth(routes.deleteUserAccount, routes.deleteMyAccount, async (context) => {
      const { username } = await findAnyUser(backends, targetUser(context));
      await requireDeletable?.(username);
      // First, while they still have an owner: what follows can be repeated if one of the steps fails.
      if (!context.body?.preserveWorkspaces) await deleteWorkspacesOf(backends, username);
      await identity.deleteUser({ username });
      await accounts.userDeleted(username);
      return noContent();
    }),
  ];
};
