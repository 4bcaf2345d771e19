import { isIPv6 } from "node:net";
import type { RouteSpec } from "@k8shell/contract";
import type { Principal } from "../auth/principal.ts";
import { ApiError } from "../http/api-error.ts";
import { createTokenBuckets, type Taken, type TokenBuckets } from "./token-bucket.ts";

/** Requests per minute; 0: no limit of that kind. */
export interface RateLimitSettings {
  /** All requests of one user. */
  readonly requestsPerUser: number;
  /** All requests made with one access token. */
  readonly requestsPerToken: number;
  /** Requests without a caller from one address: health, documentation, providers. */
  readonly requestsPerAddress: number;
  /** Steps of signing in from one address. */
  readonly signInsPerAddress: number;
  /** Making and renewing tokens, by one user. */
  readonly tokensPerUser: number;
  /** Requests with wrong credentials from one address. */
  readonly failuresPerAddress: number;
}

/** Header names and values in turn. */
export type RateHeaders = readonly string[];

export interface RateLimits {
  /**
   * Counts a request that has a known caller, or needs none.
   * @param address of the client
   * @returns headers for the answer; undefined without any limit
   * @throws ApiError too_many_requests
   */
  count(group: RouteGroup, principal: Principal | undefined, address: string): RateHeaders | undefined;
  /**
   * Before a credential that is not known yet is checked.
   * @throws ApiError too_many_requests when too many from the address were wrong
   */
  refuseGuessing(address: string): void;
  /** A credential from this address was wrong. */
  countFailure(address: string): void;
}

/** What limits tell apart. */
export type RouteGroup = "sign-in" | "tokens" | "requests";

const signIn: ReadonlySet<string> = new Set([
  "login",
  "passwordLogin",
  "postCallback",
  "getCallback",
  "getRootCallback",
  "requestPasswordReset",
  "confirmPasswordReset",
]);
const tokens: ReadonlySet<string> = new Set(["createUserToken", "createMyToken", "issueInternalToken"]);

export const groupOf = ({ operationId }: RouteSpec): RouteGroup =>
  signIn.has(operationId) ? "sign-in" : tokens.has(operationId) ? "tokens" : "requests";

const windowMs = 60_000;

/** The network of an address: one subscriber has a whole /64 of IPv6 (RFC 6177). */
export const networkOf = (address: string): string => {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.split("%")[0]?.split("::") ?? [];
  const groups = head === "" ? [] : head.split(":");
  if (tail === undefined) return groups.slice(0, 4).join(":");
  const after = tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - after.length) }, () => "0");
  return [...groups, ...zeros, ...after].slice(0, 4).join(":");
};

interface Policy {
  readonly name: string;
  readonly buckets: TokenBuckets;
  /** `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10, section 3). */
  readonly header: string;
}

const policyOf = (name: string, quota: number): Policy | undefined =>
  quota === 0
    ? undefined
    : {
        name,
        buckets: createTokenBuckets({ quota, windowMs }),
        header: `"${name}";q=${quota};w=${windowMs / 1000}`,
      };

const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));

const headersOf = ({ name, header }: Policy, { remaining, waitMs }: Taken): RateHeaders => [
  "ratelimit-policy",
  header,
  "ratelimit",
  `"${name}";r=${remaining};t=${seconds(waitMs)}`,
];

const tooMany = (policy: Policy, taken: Taken): ApiError => {
  const wait = seconds(taken.waitMs);
  const [, policyText = "", , state = ""] = headersOf(policy, taken);
  return new ApiError(
    "too_many_requests",
    `Too many requests (limit "${policy.name}"): try again in ${wait} second${wait === 1 ? "" : "s"}.`,
    { headers: { "retry-after": String(wait), "ratelimit-policy": policyText, ratelimit: state } },
  );
};

/**
 * Limits of this replica, in memory: several replicas together allow several times as much.
 * @param onRefusal told which limit refused a request
 */
export const createRateLimits = (
  settings: RateLimitSettings,
  onRefusal: (limit: string) => void = () => undefined,
): RateLimits => {
  const user = policyOf("user", settings.requestsPerUser);
  const token = policyOf("token", settings.requestsPerToken);
  const anonymous = policyOf("address", settings.requestsPerAddress);
  const signIns = policyOf("sign-in", settings.signInsPerAddress);
  const newTokens = policyOf("tokens", settings.tokensPerUser);
  const failures = policyOf("failures", settings.failuresPerAddress);

  const refuse = (policy: Policy, taken: Taken): never => {
    onRefusal(policy.name);
    throw tooMany(policy, taken);
  };
  const take = (policy: Policy | undefined, key: string): Taken | undefined => {
    if (!policy) return undefined;
    const taken = policy.buckets.take(key);
    return taken.allowed ? taken : refuse(policy, taken);
  };
  /** The headers of a policy; of two, those of the one with less left. */
  const tell = (policy: Policy | undefined, taken: Taken | undefined): RateHeaders | undefined =>
    policy && taken && headersOf(policy, taken);

  return {
    count(group, principal, address) {
      if (group === "sign-in") return tell(signIns, take(signIns, networkOf(address)));
      if (!principal) return tell(anonymous, take(anonymous, networkOf(address)));
      const ofUser = take(user, principal.username);
      const { credential } = principal;
      const ofToken = credential.kind === "pat" ? take(token, credential.hash) : undefined;
      if (group === "tokens" && newTokens) return tell(newTokens, take(newTokens, principal.username));
      const tokenIsTighter = ofToken !== undefined && ofToken.remaining < (ofUser?.remaining ?? Infinity);
      return tokenIsTighter ? tell(token, ofToken) : tell(user, ofUser);
    },
    refuseGuessing(address) {
      if (!failures) return;
      const taken = failures.buckets.look(networkOf(address));
      if (!taken.allowed) refuse(failures, taken);
    },
    countFailure(address) {
      failures?.buckets.take(networkOf(address));
    },
  };
};
