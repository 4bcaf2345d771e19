import {
  type ActionPermission,
  actions,
  type RouteSpec,
  routes,
  type userUpdateRequest,
} from "@k8shell/contract";
import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { output } from "zod";
import type { AccountControl } from "../auth/account-control.ts";
import type { Principal } from "../auth/principal.ts";
import type { Backends } from "../backends/backends.ts";
import { findAnyUser } from "../backends/find-user.ts";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, json, noContent } from "../http/handler.ts";
import { bindBoth, targetUser } from "./both.ts";
import { profileJson, userJson } from "./mapping/user.ts";
import { checkGrantedRoles } from "./obligations.ts";
import { lockoutOf } from "./password-lockouts.ts";
import { deleteWorkspacesOf } from "./users.ts";

export interface ProfileRoutesDeps {
  readonly backends: Backends;
  readonly accounts: Pick<AccountControl, "setLocked" | "revokeUser">;
}

type UserUpdate = output<typeof userUpdateRequest>;

/** Which fields of an update each decision is about (grpc-behaviour section 8, "PATCH of a user"). */
const groups: ReadonlyArray<{
  readonly action: ActionPermission;
  readonly fields: ReadonlyArray<keyof UserUpdate>;
}> = [
  { action: actions.writeProfile, fields: ["fullname", "shell", "email"] },
  { action: actions.writeRoles, fields: ["roles"] },
  { action: actions.writeSudo, fields: ["sudo"] },
  { action: actions.writeLocked, fields: ["locked"] },
  { action: actions.writeOrg, fields: ["org", "preserveWorkspaces"] },
  { action: actions.writePosix, fields: ["uid", "gid"] },
];

/** The decisions an update needs. One that changes nothing still needs the right to change the profile. */
export const actionsOfUpdate = (update: UserUpdate): ActionPermission[] => {
  const touched = groups.filter(({ fields }) => fields.some((field) => update[field] !== undefined));
  return touched.length === 0 ? [actions.writeProfile] : touched.map(({ action }) => action);
};

/** Did a user lose rights? What was issued to them before says otherwise for up to an hour. */
const lostRights = (before: User, after: User): boolean =>
  before.organization !== after.organization ||
  (before.sudo && !after.sudo) ||
  before.roles.some((role) => !after.roles.includes(role));

/** `*` among a user's blueprints stands for all that are no templates. */
const expandBlueprints = async ({ provisioner }: Backends, { blueprints }: User): Promise<string[]> => {
  const named = blueprints.filter((name) => name !== "*");
  if (named.length === blueprints.length) return blueprints;
  const all = await provisioner.getBlueprints({});
  const usable = all.blueprints.filter(({ isTemplate }) => !isTemplate).map(({ name }) => name);
  return [...new Set([...named, ...usable])].sort();
};

const allows = (blueprints: readonly string[], name: string): boolean =>
  blueprints.includes("*") || blueprints.includes(name);

/** Identity derives a user's blueprints from roles and keeps none beside them (rest-contract 1.2). */
const rolesDecide = (verb: "give" | "take", names: readonly string[]): ApiError =>
  new ApiError(
    "conflict",
    `Blueprints come with roles: ${verb} a role that has ${names.join(", ").slice(0, 200)}, or change the role's blueprints.`,
  );

/** The routes, and the same handlers once more under other declarations: pairs of a bound one and its alias. */
const withAliases = (
  pairs: ReadonlyArray<readonly [RouteSpec, RouteSpec]>,
  bound: readonly BoundRoute[],
): BoundRoute[] => [
  ...bound,
  ...pairs.flatMap(([original, alias]) =>
    bound.filter(({ spec }) => spec === original).map(({ handler }) => ({ spec: alias, handler })),
  ),
];

/** Profile, roles and blueprints of a user (rest-contract 1.1, rows 6, 10, 12, 16, and 1.2). */
export const profileRoutes = ({ backends, accounts }: ProfileRoutesDeps): BoundRoute[] => {
  const { identity } = backends;
  /** Whoever gives up rights of their own need not be signed out for it. */
  const revokeOther = async (principal: Principal, { username }: User): Promise<void> => {
    if (username !== principal.username) await accounts.revokeUser(username);
  };

  return [
    ...bindBoth(routes.getUserProfile, routes.getMyProfile, async (context) => {
      const username = targetUser(context);
      const [user, lockout] = await Promise.all([
        findAnyUser(backends, username),
        lockoutOf(backends, username),
      ]);
      return json(200, profileJson(user, lockout));
    }),

    ...withAliases(
      [
        [routes.updateUserProfile, routes.updateUserAccount],
        [routes.updateMyProfile, routes.updateMyAccount],
      ],
      bindBoth(routes.updateUserProfile, routes.updateMyProfile, async (context) => {
        const username = targetUser(context);
        const { preserveWorkspaces, roles, ...fields } = context.body;
        const resource = { type: "user", id: username } as const;
        let roleObligations: Readonly<Record<string, string>> = {};
        for (const action of actionsOfUpdate(context.body)) {
          const obligations = await context.authorize(action, resource);
          if (action === actions.writeRoles) roleObligations = obligations;
        }
        const before = await findAnyUser(backends, username);
        const given = (roles ?? []).filter((role) => !before.roles.includes(role));
        checkGrantedRoles(given, roleObligations);

        const updated = await identity.updateUser({
          username,
          ...fields,
          roles: roles ?? [],
          clearRoles: roles?.length === 0,
        });
        if (fields.locked !== undefined) await accounts.setLocked(updated.username, fields.locked);
        if (lostRights(before, updated)) await revokeOther(context.principal, updated);
        const moved = updated.organization !== before.organization;
        // Only on an explicit word: files cannot be brought back.
        if (moved && preserveWorkspaces === false) await deleteWorkspacesOf(backends, updated.username);
        return json(200, userJson(updated));
      }),
    ),

    ...bindBoth(routes.addUserRoles, routes.addMyRoles, async (context) => {
      const { roles } = context.body;
      checkGrantedRoles(roles, context.obligations);
      return json(200, userJson(await identity.addUserRoles({ username: targetUser(context), roles })));
    }),

    ...bindBoth(routes.removeUserRoles, routes.removeMyRoles, async (context) => {
      const { roles } = context.body;
      const updated = await identity.removeUserRoles({ username: targetUser(context), roles });
      await revokeOther(context.principal, updated);
      return json(200, userJson(updated));
    }),

    ...bindBoth(routes.listUserBlueprints, routes.listMyBlueprints, async (context) => {
      const user = await findAnyUser(backends, targetUser(context));
      return json(200, await expandBlueprints(backends, user));
    }),

    ...bindBoth(routes.addUserBlueprints, routes.addMyBlueprints, async (context) => {
      const { blueprints } = await findAnyUser(backends, targetUser(context));
      const lacking = context.body.blueprints.filter((name) => !allows(blueprints, name));
      if (lacking.length > 0) throw rolesDecide("give", lacking);
      return noContent();
    }),

    ...bindBoth(routes.removeUserBlueprints, routes.removeMyBlueprints, async (context) => {
      const { blueprints } = await findAnyUser(backends, targetUser(context));
      const held = context.body.blueprints.filter((name) => allows(blueprints, name));
      if (held.length > 0) throw rolesDecide("take", held);
      return noContent();
    }),
  ];
};
