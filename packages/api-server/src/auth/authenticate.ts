import type { IncomingMessage } from "node:http";
import { ApiError } from "../http/api-error.ts";
import { headerCount } from "../http/header-count.ts";
import type { AccountLocks } from "./account-locks.ts";
import { cookieValues } from "./cookies.ts";
import { sha256 } from "./hash.ts";
import type { JwtVerifier } from "./jwt-verifier.ts";
import { type PatResolver, patPrefix } from "./pat-resolver.ts";
import type { Principal } from "./principal.ts";
import type { WebSessions } from "./web-sessions.ts";

export interface AuthenticatorDeps {
  verifier: JwtVerifier;
  pats: PatResolver;
  sessions: WebSessions;
  locks: AccountLocks;
  /** Name of the session cookie. */
  cookieName: string;
}

/** The parts of a request that tell who sends it. */
export type CallerEvidence = Pick<IncomingMessage, "headers" | "rawHeaders">;

/**
 * Establishes who is calling: a bearer JWT, a bearer PAT or a session cookie; undefined without any of them.
 * An `Authorization` header wins over a cookie, and is never ignored when it is wrong.
 * @throws ApiError unauthenticated, token_expired, session_expired, account_locked, unavailable
 */
export type Authenticate = (
  request: CallerEvidence,
) => Promise<Principal | undefined> | Principal | undefined;

const bearerShape = /^bearer +([A-Za-z0-9._~+/=-]+) *$/i;

const bearerOf = (request: CallerEvidence, header: string): string => {
  if (headerCount(request.rawHeaders, "authorization") > 1) {
    throw new ApiError("unauthenticated", "Send one Authorization header only.");
  }
  const match = bearerShape.exec(header);
  const token = match?.[1];
  if (token === undefined) {
    throw new ApiError("unauthenticated", 'The Authorization header must be "Bearer" and one token.');
  }
  return token;
};

/** Builds `Authenticate`. Remembered credentials are answered without a promise. */
export const createAuthenticate = ({
  verifier,
  pats,
  sessions,
  locks,
  cookieName,
}: AuthenticatorDeps): Authenticate => {
  const admit = (principal: Principal): Principal => {
    locks.refuseLocked(principal.username);
    return principal;
  };

  const fromJwt = async (token: string): Promise<Principal> => {
    const claims = await verifier.verify(token);
    if (locks.isRevoked(claims.sub, claims.issuedAtMs)) {
      throw new ApiError("token_expired", "The token has been revoked.");
    }
    return admit({
      username: claims.sub,
      org: claims.org,
      roles: claims.roles,
      jwt: token,
      credential: { kind: "jwt" },
    });
  };

  const fromCookies = async (values: readonly string[]): Promise<Principal> => {
    let failure: unknown;
    for (const value of values) {
      try {
        return admit(await sessions.resolve(value));
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== "session_expired") throw error;
        failure = error;
      }
    }
    throw failure;
  };

  return (request) => {
    const header = request.headers.authorization;
    if (header !== undefined) {
      const token = bearerOf(request, header);
      if (!token.startsWith(patPrefix)) return fromJwt(token);
      const known = pats.peek(sha256(token));
      return known ? admit(known) : pats.resolve(token).then(admit);
    }
    const values = cookieValues(request, cookieName);
    const [first] = values;
    if (first === undefined || first === "") return undefined;
    const known = sessions.peek(first);
    return known ? admit(known) : fromCookies(values.slice(0, 4));
  };
};
