import { routes } from "@k8shell/contract";
import { AuthKeyFormat } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import type { Backends } from "../backends/backends.ts";
import { type BoundRoute, json, noContent } from "../http/handler.ts";
import { bindBoth, targetUser } from "./both.ts";
import { authKeyJson } from "./mapping/user.ts";

export interface KeyRoutesDeps {
  readonly backends: Backends;
}

/** SSH keys of a user (rest-contract 1.2). */
export const keyRoutes = ({ backends: { identity } }: KeyRoutesDeps): BoundRoute[] => [
  ...bindBoth(routes.listUserKeys, routes.listMyKeys, async (context) => {
    const format = context.query.format === "digest" ? AuthKeyFormat.DIGEST : AuthKeyFormat.NORMAL;
    const { authKeys } = await identity.listUserAuthKeys({ username: targetUser(context), format });
    return json(200, authKeys.map(authKeyJson));
  }),

  ...bindBoth(routes.addUserKeys, routes.addMyKeys, async (context) => {
    await identity.addUserAuthKeys({ username: targetUser(context), authKeys: context.body.keys });
    return noContent();
  }),

  ...bindBoth(routes.deleteUserKey, routes.deleteMyKey, async (context) => {
    await identity.removeUserAuthKey({ username: targetUser(context), index: context.params.index });
    return noContent();
  }),
];
