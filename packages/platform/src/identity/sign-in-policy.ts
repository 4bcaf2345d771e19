import type { AuthzService } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { type Client, Code, RpcError } from "@k8shell/rpc";
import { z } from "zod";
import { parseGoDuration } from "./time.ts";

const strings = z.array(z.string());

/** How somebody proved who they are: with a password here, or in a browser in another way. */
export type SignInMethod = "password" | "web";

export interface PatLimits {
  readonly scopes: string[];
  /** Milliseconds; undefined: the token does not expire. */
  readonly lifetimeMs: number | undefined;
}

/** What the platform's policy says about a sign-in. Everything is allowed when there is no Authz service. */
export interface SignInPolicy {
  /** @throws RpcError PermissionDenied */
  admit(user: User, jwt: string, method: SignInMethod): Promise<void>;
  /** Limits of the PAT made in a browser flow. @throws RpcError PermissionDenied */
  patLimits(user: User, jwt: string): Promise<PatLimits>;
}

const parseStrings = (text: string | undefined): string[] | undefined => {
  if (text === undefined || text === "") return undefined;
  try {
    return strings.parse(JSON.parse(text));
  } catch (cause) {
    throw new RpcError(Code.PermissionDenied, "an obligation of the policy decision cannot be read", {
      cause,
    });
  }
};

/** Asks Authz (grpc-behaviour section 8: `user:auth`, `token:create`). */
export const createSignInPolicy = (authz: () => Client<typeof AuthzService> | undefined): SignInPolicy => ({
  async admit(user, jwt, method) {
    const decision = await authz()?.evaluate({
      token: jwt,
      package: "user",
      action: "user:auth",
      resource: {
        type: "user",
        id: user.username,
        attributes: { idp: user.source, org: user.organization },
      },
      context: { surface: "web" },
    });
    if (!decision) return;
    if (!decision.allowed) throw new RpcError(Code.PermissionDenied, "policy does not let you sign in");
    const methods = parseStrings(decision.obligations.auth_methods) ?? [];
    if (method === "password" && !methods.includes("password"))
      throw new RpcError(Code.PermissionDenied, "policy does not let you sign in with a password");
  },
  async patLimits(user, jwt) {
    const decision = await authz()?.evaluate({
      token: jwt,
      package: "user",
      action: "token:create",
      resource: { type: "user", id: user.username, attributes: { owner: user.username } },
      context: { source: "web-flow" },
    });
    if (decision && !decision.allowed)
      throw new RpcError(Code.PermissionDenied, "policy does not let you create access tokens");
    const { scopes, expires_in: expiresIn = "never" } = decision?.obligations ?? {};
    const lifetimeMs = expiresIn === "never" ? undefined : parseGoDuration(expiresIn);
    if (expiresIn !== "never" && !lifetimeMs)
      throw new RpcError(Code.PermissionDenied, "an obligation of the policy decision cannot be read");
    return { scopes: parseStrings(scopes) ?? ["*"], lifetimeMs };
  },
});
