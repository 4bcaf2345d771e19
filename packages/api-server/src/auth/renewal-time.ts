import type { UserClaims } from "./principal.ts";

/** Longest time before its end at which a token is renewed, milliseconds, and the part of its lifetime that this is at most. */
const longestAheadMs = 30_000;
const partOfLifetime = 0.1;

/**
 * When a user's token is to be replaced, epoch milliseconds: a little before its end. The services behind this one judge it
 * by clocks of their own, and a moment later (grpc-behaviour section 8: Authz checks `exp`).
 */
export const renewalTime = ({ iat, exp }: Pick<UserClaims, "iat" | "exp">): number =>
  exp * 1000 - Math.min(longestAheadMs, iat > 0 ? (exp - iat) * 1000 * partOfLifetime : longestAheadMs);
