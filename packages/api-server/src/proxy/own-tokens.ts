import { LRUCache } from "lru-cache";
import { sha256 } from "../auth/hash.ts";
import type { JwtVerifier } from "../auth/jwt-verifier.ts";
import { patPrefix } from "../auth/pat-resolver.ts";
import { ApiError } from "../http/api-error.ts";
import { linkPrefix } from "./shares.ts";

/**
 * Whose token an `Authorization` header holds: the app's, a link's to the app, or one of the platform's, which opens far
 * more than the app and must not reach it.
 */
export type TokenKind = "app" | "link" | "platform";

/** Builds the test. Answers without a promise, but for JWTs that were not seen lately. */
export const createTokenKinds = ({ verify }: Pick<JwtVerifier, "verify">) => {
  const seen = new LRUCache<string, TokenKind>({ max: 10_000, ttl: 60_000 });

  const ofJwt = async (token: string): Promise<TokenKind> => {
    try {
      await verify(token);
      return "platform";
    } catch (error) {
      return error instanceof ApiError && error.code === "token_expired" ? "platform" : "app";
    }
  };

  return (authorization: string): TokenKind | Promise<TokenKind> => {
    const token = /^bearer +([^ ]+) *$/i.exec(authorization)?.[1];
    if (token === undefined) return "app";
    if (token.startsWith(linkPrefix)) return "link";
    if (token.startsWith(patPrefix)) return "platform";
    if (!/^eyJ[\w-]*\.[\w-]+\.[\w-]+$/.test(token)) return "app";
    const key = sha256(token);
    const known = seen.get(key);
    if (known !== undefined) return known;
    return ofJwt(token).then((kind) => {
      seen.set(key, kind);
      return kind;
    });
  };
};
