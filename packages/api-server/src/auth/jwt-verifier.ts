import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { errors, type JWTPayload, jwtVerify } from "jose";
import { LRUCache } from "lru-cache";
import { ApiError } from "../http/api-error.ts";
import { sha256 } from "./hash.ts";
import type { UserClaims } from "./principal.ts";

export interface JwtVerifierOptions {
  /** PEM of the issuer's public key; a private key works too, its public half is used. With `hs256` the secret itself. */
  key: string;
  /** Checked only when given (grpc-behaviour section 2). */
  issuer?: string;
  audience?: string;
  /** `es256`, `rs256` or `hs256`; must agree with the key. Absent: taken from the key. */
  signingMethod?: string;
  /**
   * The issuer has this process's clock: to the millisecond it tells what came before a revocation (default false). By
   * another machine's clock, a token issued after it could seem to be from before, and be refused for all its life.
   */
  sameClock?: boolean;
  /** Longest time a verified token is remembered, milliseconds (default 60 000). */
  cacheMs?: number;
  /** Now, in milliseconds since the epoch. */
  now?: () => number;
}

export interface JwtVerifier {
  /**
   * Claims of a valid, unexpired token of this platform's issuer.
   * @throws ApiError token_expired, or unauthenticated for every other defect
   */
  verify(token: string): Promise<UserClaims>;
  /** Claims of a token verified moments ago, without a promise; undefined when it must be verified. */
  peek(token: string): UserClaims | undefined;
}

const algorithmOf = (key: KeyObject): "ES256" | "RS256" => {
  const type = key.asymmetricKeyType;
  if (type === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1") return "ES256";
  if (type === "rsa") return "RS256";
  throw new Error(`the JWT key is of type ${type}: an EC P-256 (es256) or RSA (rs256) key is needed`);
};

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** `iat` has whole seconds: without more, a token of the very second of a revocation counts as newer. */
const issuedAtMsOf = ({ iat = 0, iatMs }: JWTPayload, sameClock: boolean): number =>
  sameClock && typeof iatMs === "number" && Math.floor(iatMs / 1000) === iat ? iatMs : iat * 1000 + 999;

const claimsOf = (payload: JWTPayload, sameClock: boolean): UserClaims => ({
  sub: payload.sub ?? "",
  // The platform's code writes `org`, its documentation says `organization` (rest-contract section 6, row 13).
  org: text(payload.org) || text(payload.organization),
  roles: strings(payload.roles),
  source: text(payload.source),
  iat: payload.iat ?? 0,
  issuedAtMs: issuedAtMsOf(payload, sameClock),
  exp: payload.exp ?? 0,
});

const maxTokenLength = 8192;

/**
 * Verifies user JWTs with one key and the one algorithm that belongs to it: a token cannot choose, so `none`, HMAC
 * with the public key, and other curves are refused.
 * @throws Error when the key cannot be used or disagrees with `signingMethod`
 */
export const createJwtVerifier = ({
  key,
  issuer,
  audience,
  signingMethod,
  sameClock = false,
  cacheMs = 60_000,
  now = Date.now,
}: JwtVerifierOptions): JwtVerifier => {
  const isShared = signingMethod?.toLowerCase() === "hs256";
  // A public key as an HMAC secret would let everybody who knows it make tokens.
  if (isShared && key.includes("-----BEGIN"))
    throw new Error("jwtVerifier.signingMethod is hs256, but the key is a PEM key");
  const verifyingKey = isShared ? createSecretKey(key, "utf8") : createPublicKey(key);
  const algorithm = isShared ? "HS256" : algorithmOf(verifyingKey);
  if (signingMethod !== undefined && signingMethod.toUpperCase() !== algorithm) {
    throw new Error(
      `jwtVerifier.signingMethod is ${signingMethod}, but the key is for ${algorithm.toLowerCase()}`,
    );
  }
  const cache = new LRUCache<string, UserClaims>({ max: 10_000, ttl: cacheMs });

  const peek = (token: string): UserClaims | undefined => {
    const claims = cache.get(sha256(token));
    return claims && claims.exp * 1000 > now() ? claims : undefined;
  };

  const check = async (token: string): Promise<UserClaims> => {
    const { payload } = await jwtVerify(token, verifyingKey, {
      algorithms: [algorithm],
      issuer,
      audience,
      requiredClaims: ["exp", "sub"],
      currentDate: new Date(now()),
    });
    if (payload.iat !== undefined && payload.iat * 1000 > now() + 1000) {
      throw new ApiError("unauthenticated", "The token was issued in the future.");
    }
    if (payload.sub === "") throw new ApiError("unauthenticated", "The token names no user.");
    return claimsOf(payload, sameClock);
  };

  return {
    peek,
    async verify(token) {
      const known = peek(token);
      if (known) return known;
      if (token.length > maxTokenLength) throw new ApiError("unauthenticated", "The token is malformed.");
      try {
        const claims = await check(token);
        cache.set(sha256(token), claims);
        return claims;
      } catch (cause) {
        if (cause instanceof ApiError) throw cause;
        if (cause instanceof errors.JWTExpired) {
          throw new ApiError("token_expired", "The token has expired.", { cause });
        }
        if (cause instanceof errors.JWSSignatureVerificationFailed) {
          throw new ApiError("unauthenticated", "The token's signature is not valid.", { cause });
        }
        if (cause instanceof errors.JWTClaimValidationFailed) {
          throw new ApiError("unauthenticated", `The token's claim "${cause.claim}" is not acceptable.`, {
            cause,
          });
        }
        throw new ApiError("unauthenticated", "The token is malformed.", { cause });
      }
    },
  };
};
