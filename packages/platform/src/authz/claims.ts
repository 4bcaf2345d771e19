import { Code, RpcError } from "@k8shell/rpc";
import { decodeJwt } from "jose";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { checkToken } from "./request.ts";

/** The caller as the JWT describes them (grpc-behaviour section 2). */
export interface Caller {
  readonly username: string;
  readonly roles: readonly string[];
  readonly org?: string;
  readonly idp?: string;
  /** Equal for tokens that say the same about the caller, whenever they were issued. */
  readonly key: string;
}

const text = z
  .string()
  .max(512)
  .refine((value) => value.isWellFormed());
const claimsSchema = z.object({
  sub: text.min(1),
  exp: z.number(),
  roles: z.array(text).max(200).nullish(),
  org: text.nullish(),
  organization: text.nullish(),
  source: text.nullish(),
});

interface Parsed {
  readonly caller: Caller;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

const parse = (token: string): Parsed => {
  const malformed = (cause?: unknown) =>
    new RpcError(Code.Unauthenticated, "the user token is malformed", { cause });
  let payload: unknown;
  try {
    payload = decodeJwt(token);
  } catch (error) {
    throw malformed(error);
  }
  const { data, error } = claimsSchema.safeParse(payload);
  if (!data) throw malformed(error);
  const roles = [...new Set(data.roles ?? [])].sort();
  const org = data.org || data.organization || undefined;
  const idp = data.source || undefined;
  const key = JSON.stringify([data.sub, org, idp, roles]);
  return { caller: { username: data.sub, roles, org, idp, key }, expiresAt: data.exp * 1000 };
};

/**
 * Reads the caller out of user tokens, remembering tokens already read. The signature is not checked: whoever may
 * call Authz has verified the token (grpc-behaviour section 2).
 * @param now clock, epoch milliseconds
 */
export const createClaimsReader = (now: () => number): ((token: string) => Caller) => {
  const known = new LRUCache<string, Parsed>({ max: 5000 });
  return function readClaims(token) {
    let parsed = known.get(token);
    if (!parsed) {
      parsed = parse(checkToken(token));
      known.set(token, parsed);
    }
    if (parsed.expiresAt <= now()) {
      known.delete(token);
      throw new RpcError(Code.Unauthenticated, "the user token has expired");
    }
    return parsed.caller;
  };
};
