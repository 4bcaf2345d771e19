import { routes } from "@k8shell/contract";
import type { AccountControl } from "../auth/account-control.ts";
import type { Principal } from "../auth/principal.ts";
import type { Backends } from "../backends/backends.ts";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, json, noContent } from "../http/handler.ts";
import { bindBoth, targetUser } from "./both.ts";
import { userJson } from "./mapping/user.ts";

export interface PasswordRoutesDeps {
  readonly backends: Backends;
  readonly accounts: Pick<AccountControl, "revokeUser">;
}

/** Passwords (rest-contract 1.2). */
export const passwordRoutes = ({ backends: { identity }, accounts }: PasswordRoutesDeps): BoundRoute[] => {
  /**
   * Whoever changes their own password proves that they know the old one, where Identity says that there is one (its
   * password field is not empty). A limited token always has to: every workspace has one that may set the password,
   * and with a password of its own making it could sign in and do everything.
   */
  const proveOwner = async (principal: Principal, current: string | undefined): Promise<void> => {
    const { username, credential } = principal;
    if (current === undefined || current === "") {
      const isLimited = credential.kind === "pat" && !credential.scopes.includes("*");
      if (!isLimited && (await identity.findUser({ username })).password === "") return;
      throw new ApiError("forbidden", "Send current_password to change your password.");
    }
    const { valid, locked } = await identity.authUserPassword({ username, password: current });
    if (locked) throw new ApiError("too_many_requests", "Too many wrong passwords; try again later.");
    if (!valid) throw new ApiError("forbidden", "The current password is wrong.");
  };

  return [
    ...bindBoth(routes.setUserPassword, routes.setMyPassword, async (context) => {
      const username = targetUser(context);
      const { password, current_password, currentPassword } = context.body;
      const isOwn = username === context.principal.username;
      if (isOwn) await proveOwner(context.principal, current_password ?? currentPassword);
      const updated = await identity.setUserPassword({ username, password });
      // An administrator resets a password because somebody else may have had it.
      if (!isOwn) await accounts.revokeUser(username);
      return json(200, userJson(updated));
    }),

    ...bindBoth(routes.clearUserPasswordLockout, routes.clearMyPasswordLockout, async (context) => {
      await identity.clearPasswordLockout({ username: targetUser(context) });
      return noContent();
    }),
  ];
};
