import { actions, routes } from "@k8shell/contract";
import type { Role } from "@k8shell/contract/gen/identity/v1/types_pb.js";
import type { AccountControl } from "../auth/account-control.ts";
import type { Backends } from "../backends/backends.ts";
import { type BoundRoute, bind, json, noContent } from "../http/handler.ts";
import { roleJson } from "./mapping/organization.ts";
import { listRestriction, showsGlobalRoles } from "./obligations.ts";

export interface RoleRoutesDeps {
  readonly backends: Backends;
  readonly accounts: Pick<AccountControl, "policyChanged">;
}

/** Roles and the blueprints they give (rest-contract 1.2). */
export const roleRoutes = ({ backends: { identity, authz }, accounts }: RoleRoutesDeps): BoundRoute[] => {
  /** Global roles, if the decision shows them. Without a policy service there is nobody to hide them. */
  const globalRoles = async (obligations: Readonly<Record<string, string>>): Promise<Role[]> =>
    authz === undefined || showsGlobalRoles(obligations) ? (await identity.listGlobalRoles({})).roles : [];

  return [
    bind(routes.listGlobalRoles, async ({ obligations }) =>
      json(200, (await globalRoles(obligations)).map(roleJson)),
    ),

    bind(routes.listRoles, async ({ params, obligations }) => {
      const { org } = params;
      const { org: only } = listRestriction(obligations);
      const own = only === undefined || only === org ? (await identity.listRoles({ org })).roles : [];
      // Identity's list of an organization has its own roles alone.
      const names = new Set(own.map(({ name }) => name));
      const global = (await globalRoles(obligations)).filter(({ name }) => !names.has(name));
      return json(200, [...own, ...global].map(roleJson));
    }),

    bind(routes.createRole, async ({ params, body, authorize }) => {
      const { org } = params;
      const { name, description = "" } = body;
      await authorize(actions.roleCreate, { type: "role", id: name, attributes: { org } });
      return json(201, roleJson(await identity.createRole({ org, name, description })));
    }),

    bind(routes.updateRole, async ({ params, body }) => {
      const { description } = body;
      return json(200, roleJson(await identity.updateRole({ ...params, description })));
    }),

    bind(routes.deleteRole, async ({ params }) => {
      await identity.deleteRole(params);
      await accounts.policyChanged();
      return noContent();
    }),

    bind(routes.addRoleBlueprints, async ({ params, body }) =>
      json(200, roleJson(await identity.addRoleBlueprints({ ...params, blueprints: body.blueprints }))),
    ),

    bind(routes.removeRoleBlueprints, async ({ params, body }) => {
      const role = await identity.removeRoleBlueprints({ ...params, blueprints: body.blueprints });
      await accounts.policyChanged();
      return json(200, roleJson(role));
    }),
  ];
};
