import { routes } from "@k8shell/contract";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, bind, json, noContent } from "../http/handler.ts";
import { bindBoth, targetUser } from "./both.ts";

/** What Identity offers beside its rpcs, where it is embedded. */
export interface PasswordResetService {
  /** Whether there is a way to send messages. */
  readonly canNotify: boolean;
  /** Sends a link to whoever has this address; says nothing about whether somebody has. */
  request(email: string): void;
  createLink(username: string): Promise<{ readonly link: string; readonly expiresAt: Date }>;
  confirm(token: string, password: string): Promise<void>;
}

export interface PasswordResetRoutesDeps {
  /** Undefined when Identity is remote: no rpc resets passwords. */
  readonly passwordResets: PasswordResetService | undefined;
}

/** Forgotten passwords (rest-contract 1.3). */
export const passwordResetRoutes = ({ passwordResets }: PasswordResetRoutesDeps): BoundRoute[] => {
  const service = (): PasswordResetService => {
    if (passwordResets) return passwordResets;
    throw new ApiError("not_implemented", "The platform's identity service does not reset passwords.");
  };

  return [
    bind(routes.requestPasswordReset, ({ body }) => {
      const resets = service();
      if (!resets.canNotify) {
        throw new ApiError(
          "not_implemented",
          "This server sends no messages. Ask an administrator for a reset link.",
        );
      }
      resets.request(body.email);
      return noContent();
    }),
    bind(routes.confirmPasswordReset, async ({ body }) => {
      await service().confirm(body.token, body.password);
      return noContent();
    }),
    ...bindBoth(routes.createUserPasswordResetLink, routes.createMyPasswordResetLink, async (context) => {
      const username = targetUser(context);
      // A limited token may set its user's password only with proof of the old one; a link would be a way around.
      if (username === context.principal.username) {
        throw new ApiError(
          "forbidden",
          "A reset link is for somebody else; change your own password instead.",
        );
      }
      const { link, expiresAt } = await service().createLink(username);
      return json(201, { link, expiresAt: expiresAt.toISOString() });
    }),
  ];
};
