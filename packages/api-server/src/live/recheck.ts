import { decodeJwt } from "jose";
import type { AccountLocks } from "../auth/account-locks.ts";
import type { JwtVerifier } from "../auth/jwt-verifier.ts";
import type { PatResolver } from "../auth/pat-resolver.ts";
import type { Principal } from "../auth/principal.ts";
import type { RenewJwt } from "../auth/renew-jwt.ts";
import type { WebSessions } from "../auth/web-sessions.ts";
import type { Decision, StillAllowed } from "../authz/authorize.ts";
import { ApiError } from "../http/api-error.ts";

/** What is known of a connection that is to be checked again. */
export interface OpenedBy {
  /** The caller when it was opened. */
  readonly principal: Principal;
  /** The Authorization header it was opened with. */
  readonly authorization: string | undefined;
  /** What it was allowed. */
  readonly decisions: readonly Decision[];
}

/**
 * Asks again who has a connection open and whether they may: the credential as on a new request, then policy and scopes.
 * Resolves to the instant at which the credential ends, epoch milliseconds.
 * @param active the user did something; a web session in use does not fall idle
 * @throws ApiError 401 or 403 when the connection may not stay
 */
export type Recheck = (opened: OpenedBy, active: boolean) => Promise<number | undefined>;

/** The caller of an open connection as they are now. */
export interface CurrentCaller {
  readonly principal: Principal;
  /** When the credential ends, epoch milliseconds, if that is known. */
  readonly endsAt: number | undefined;
}

/** Who has a connection open, now. @throws ApiError 401 or 403 when it is over */
export type CallerAgain = (
  opened: Pick<OpenedBy, "principal" | "authorization">,
  active: boolean,
) => Promise<CurrentCaller>;

export interface RecheckDeps extends CallerAgainDeps {
  readonly stillAllowed: StillAllowed;
}

export interface CallerAgainDeps {
  readonly locks: Pick<AccountLocks, "refuseLocked">;
  readonly sessions: Pick<WebSessions, "check">;
  readonly pats: Pick<PatResolver, "resolve">;
  readonly verifier: JwtVerifier;
  readonly renewJwt: RenewJwt;
}

const tokenOf = (authorization: string): string => authorization.slice(authorization.indexOf(" ")).trim();

export const createCallerAgain = (deps: CallerAgainDeps): CallerAgain => {
  const { locks, sessions, pats, verifier, renewJwt } = deps;

  /**
   * The caller of a connection that was opened with a user token. The token's end does not end the connection, since
   * its holder only gets a new one; that Identity issues none does.
   */
  const withFreshJwt = async (principal: Principal): Promise<Principal> => {
    try {
      await verifier.verify(principal.jwt);
      return principal;
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "token_expired") throw error;
    }
    // Verified when the connection was opened.
    const { source } = decodeJwt(principal.jwt);
    const jwt = await renewJwt(principal.username, typeof source === "string" ? source : "");
    if (jwt === undefined) throw new ApiError("unauthenticated", "The user may no longer sign in.");
    const { org, roles } = await verifier.verify(jwt);
    return { ...principal, jwt, org, roles };
  };

  return async ({ principal, authorization }, active) => {
    const { credential, username } = principal;
    locks.refuseLocked(username);
    if (credential.kind === "session") return sessions.check(credential.sessionId, active);
    if (credential.kind === "pat" && authorization !== undefined) {
      const caller = await pats.resolve(tokenOf(authorization));
      return { principal: caller, endsAt: (await verifier.verify(caller.jwt)).exp * 1000 };
    }
    return { principal: await withFreshJwt(principal), endsAt: undefined };
  };
};

export const createRecheck = ({ stillAllowed, ...deps }: RecheckDeps): Recheck => {
  const callerAgain = createCallerAgain(deps);
  return async (opened, active) => {
    const { principal, endsAt } = await callerAgain(opened, active);
    await stillAllowed(principal, opened.decisions);
    return endsAt;
  };
};
