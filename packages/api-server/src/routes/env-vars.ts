import { routes } from "@k8shell/contract";
import type { EnvVar } from "@k8shell/contract/gen/identity/v1/types_pb.js";
import type { Backends } from "../backends/backends.ts";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, bind, json, noContent } from "../http/handler.ts";
import { bindBoth, targetUser } from "./both.ts";
import { envVarJson } from "./mapping/organization.ts";

export interface EnvVarRoutesDeps {
  readonly backends: Backends;
}

const hidden = { reveal: false } as const;

/**
 * Environment variables of organizations and users (rest-contract 1.3, 2.13). Identity tells the value of a secret to
 * whoever reads or writes a single one; here only its owner gets it. An organization is nobody's own.
 */
export const envVarRoutes = ({ backends: { identity } }: EnvVarRoutesDeps): BoundRoute[] => {
  /** Whoever may write a secret must not be able to read it by making it public. */
  const refuseUnveiling = async (
    { value, isSecret }: { readonly value?: string; readonly isSecret?: boolean },
    current: () => Promise<EnvVar>,
  ) => {
    if (isSecret === false && value === undefined && (await current()).isSecret) {
      throw new ApiError("invalid_body", "A secret becomes public only together with a new value.");
    }
  };

  return [
    bind(routes.listOrganizationEnvVars, async ({ params }) => {
      const { envVars } = await identity.listOrganizationEnvVars({ org: params.org });
      return json(
        200,
        envVars.map((variable) => envVarJson(variable, hidden)),
      );
    }),

    bind(routes.createOrganizationEnvVar, async ({ params, body }) => {
      const { key, value, isSecret = false } = body;
      const created = await identity.addOrganizationEnvVar({ org: params.org, key, value, isSecret });
      return json(201, envVarJson(created, hidden));
    }),

    bind(routes.getOrganizationEnvVar, async ({ params }) =>
      json(200, envVarJson(await identity.getOrganizationEnvVar(params), hidden)),
    ),

    bind(routes.updateOrganizationEnvVar, async ({ params, body }) => {
      await refuseUnveiling(body, () => identity.getOrganizationEnvVar(params));
      const { value, isSecret } = body;
      const updated = await identity.updateOrganizationEnvVar({ ...params, value, isSecret });
      return json(200, envVarJson(updated, hidden));
    }),

    bind(routes.deleteOrganizationEnvVar, async ({ params }) => {
      await identity.deleteOrganizationEnvVar(params);
      return noContent();
    }),

    ...bindBoth(routes.listUserEnvVars, routes.listMyEnvVars, async (context) => {
      const { envVars } = await identity.listUserEnvVars({ username: targetUser(context) });
      return json(
        200,
        envVars.map((variable) => envVarJson(variable, hidden)),
      );
    }),

    ...bindBoth(routes.createUserEnvVar, routes.createMyEnvVar, async (context) => {
      const { key, value, isSecret = false } = context.body;
      const created = await identity.addUserEnvVar({ username: targetUser(context), key, value, isSecret });
      return json(201, envVarJson(created, hidden));
    }),

    ...bindBoth(routes.getUserEnvVar, routes.getMyEnvVar, async (context) => {
      const username = targetUser(context);
      const found = await identity.getUserEnvVar({ username, key: context.params.key });
      return json(200, envVarJson(found, { reveal: username === context.principal.username }));
    }),

    ...bindBoth(routes.updateUserEnvVar, routes.updateMyEnvVar, async (context) => {
      const place = { username: targetUser(context), key: context.params.key };
      await refuseUnveiling(context.body, () => identity.getUserEnvVar(place));
      const { value, isSecret } = context.body;
      return json(200, envVarJson(await identity.updateUserEnvVar({ ...place, value, isSecret }), hidden));
    }),

    ...bindBoth(routes.deleteUserEnvVar, routes.deleteMyEnvVar, async (context) => {
      await identity.deleteUserEnvVar({ username: targetUser(context), key: context.params.key });
      return noContent();
    }),
  ];
};
