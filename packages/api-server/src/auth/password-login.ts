import type { IncomingMessage } from "node:http";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import type { Client } from "@k8shell/rpc";
import type { Authorize, Obligations } from "../authz/authorize.ts";
import { ApiError } from "../http/api-error.ts";
import { listObligation } from "../routes/obligations.ts";
import type { AccountLocks } from "./account-locks.ts";
import { type CookieSettings, cookieValues, setCookie } from "./cookies.ts";
import type { JwtVerifier } from "./jwt-verifier.ts";
import type { Principal } from "./principal.ts";
import type { WebSessions } from "./web-sessions.ts";

export interface PasswordLoginDeps {
  identity: Client<typeof IdentityService>;
  verifier: JwtVerifier;
  sessions: WebSessions;
  locks: AccountLocks;
  authorize: Authorize;
  /** Is there a policy service? It must then allow passwords; without one there is nobody to ask. */
  hasPolicy: boolean;
  cookie: CookieSettings;
}

/**
 * Signs in by password: proves it, then asks for everything that Identity's check leaves out, which is the account's
 * lock and the policy for signing in on the web (grpc-behaviour section 6, "AuthUserPassword").
 * @throws ApiError unauthenticated for a wrong password and for nobody alike, too_many_requests, account_locked, forbidden
 */
export type PasswordLogin = (
  request: IncomingMessage,
  login: { readonly username: string; readonly password: string },
  /** For the audit record of the decision. */
  requestId: string,
) => Promise<{ readonly username: string; readonly cookies: readonly string[] }>;

const refusePasswords = (obligations: Obligations) => {
  if (listObligation(obligations, "auth_methods")?.includes("password")) return;
  throw new ApiError("forbidden", "You may not sign in with a password.");
};

/** Builds `PasswordLogin`. */
export const createPasswordLogin = (deps: PasswordLoginDeps): PasswordLogin => {
  const { identity, verifier, sessions, locks, authorize, hasPolicy, cookie } = deps;
  return async (request, { username: given, password }, requestId) => {
    const { valid, user, locked } = await identity.authUserPassword({ username: given, password });
    if (locked) throw new ApiError("too_many_requests", "Too many wrong passwords; try again later.");
    if (!valid || !user) throw new ApiError("unauthenticated", "The username or password is not right.");
    const { username, source } = user;
    locks.refuseLocked(username);
    if (user.locked) throw new ApiError("account_locked", "The account is locked.");
    const { userToken } = await identity.issueUserToken({ username, source });
    const claims = await verifier.verify(userToken);
    const principal: Principal = {
      username: claims.sub,
      org: claims.org,
      roles: claims.roles,
      jwt: userToken,
      credential: { kind: "jwt" },
    };
    const obligations = await authorize(
      principal,
      { package: "user", action: "user:auth", scope: "user:auth:web", context: { surface: "web" } },
      { type: "user", id: claims.sub, attributes: { idp: claims.source, org: claims.org } },
      requestId,
    );
    if (hasPolicy) refusePasswords(obligations);
    const value = await sessions.create(claims, userToken);
    // The session this browser had until now ends with the new sign-in.
    for (const old of cookieValues(request, cookie.name).slice(0, 4)) await sessions.end(old);
    return { username: claims.sub, cookies: [setCookie(cookie, value, cookie.maxAgeSeconds)] };
  };
};
