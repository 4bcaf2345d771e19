import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { type Client, Code, RpcError } from "@k8shell/rpc";
import { LRUCache } from "lru-cache";
import { ApiError } from "../http/api-error.ts";
import { sha256 } from "./hash.ts";
import type { JwtVerifier } from "./jwt-verifier.ts";
import type { Principal } from "./principal.ts";

/** Personal access tokens start with this; 48 characters in all (rest-contract 4.3). */
export const patPrefix = "k8sh_";
const previewLength = 13;
const shape = /^k8sh_[A-Za-z0-9_-]{43}$/;

export interface PatResolver {
  /** The caller a token stands for, when it was resolved moments ago. `hash` is the token's SHA-256 in hex. */
  peek(hash: string): Principal | undefined;
  /** @throws ApiError unauthenticated, unavailable */
  resolve(token: string): Promise<Principal>;
  /** Forgets a user's tokens, or those with the given preview (first 13 characters). */
  forget(username: string, preview?: string): void;
}

export interface PatResolverDeps {
  identity: Client<typeof IdentityService>;
  verifier: JwtVerifier;
  /** How long an answer of Identity is believed, milliseconds (default 10 000). */
  cacheMs?: number;
  /** Now, in milliseconds since the epoch. */
  now?: () => number;
}

/** What is remembered of a token. */
interface Resolved {
  readonly principal: Principal;
  /** When the JWT ends, with the access token at the latest; epoch milliseconds. */
  readonly until: number;
}

/**
 * Resolves personal access tokens through Identity, remembering each answer for a short time under the token's hash, but not
 * beyond the token's own end.
 */
export const createPatResolver = ({
  identity,
  verifier,
  cacheMs = 10_000,
  now = Date.now,
}: PatResolverDeps): PatResolver => {
  const cache = new LRUCache<string, Resolved>({ max: 10_000, ttl: cacheMs });
  const peek = (hash: string): Principal | undefined => {
    const known = cache.get(hash);
    return known && known.until > now() ? known.principal : undefined;
  };
  const running = new Map<string, Promise<Principal>>();
  /** Grows with every `forget`, so that an answer asked for before it is not remembered after it. */
  let generation = 0;

  const ask = async (token: string, hash: string): Promise<Principal> => {
    const asked = generation;
    const answer = await identity.resolveAccessToken({ token });
    const claims = await verifier.verify(answer.userToken);
    const principal: Principal = {
      username: claims.sub,
      org: claims.org,
      roles: claims.roles,
      jwt: answer.userToken,
      credential: {
        kind: "pat",
        scopes: answer.scopes,
        preview: token.slice(0, previewLength),
        hash,
      },
    };
    if (asked === generation) cache.set(hash, { principal, until: claims.exp * 1000 });
    return principal;
  };

  let heard: Promise<unknown> | undefined;
  /**
   * Identity says Unauthenticated of an access token, and of this server when it does not accept its service token. In the
   * second case it says so to every question, and nobody's token is wrong. Asked once for many tokens.
   * @throws RpcError that of the service
   */
  const refuseUnlessHeard = async (cause: RpcError): Promise<void> => {
    heard ??= identity.getAvailableIdentityProviders({}).finally(() => {
      heard = undefined;
    });
    try {
      await heard;
    } catch (error) {
      if (error instanceof RpcError && error.code === Code.Unauthenticated) throw cause;
    }
  };

  return {
    peek,
    async resolve(token) {
      if (!shape.test(token)) throw new ApiError("unauthenticated", "The access token is malformed.");
      const hash = sha256(token);
      const known = peek(hash);
      if (known) return known;
      let pending = running.get(hash);
      if (!pending) {
        pending = ask(token, hash).finally(() => running.delete(hash));
        running.set(hash, pending);
      }
      try {
        return await pending;
      } catch (cause) {
        if (cause instanceof RpcError && cause.code === Code.Unauthenticated) await refuseUnlessHeard(cause);
        if (
          cause instanceof RpcError &&
          (cause.code === Code.Unauthenticated || cause.code === Code.NotFound)
        ) {
          throw new ApiError("unauthenticated", "The access token is unknown, expired or revoked.", {
            cause,
          });
        }
        if (cause instanceof RpcError && cause.code === Code.InvalidArgument) {
          throw new ApiError("unauthenticated", "The access token is malformed.", { cause });
        }
        throw cause;
      }
    },
    forget(username, preview) {
      generation += 1;
      // A request that is being answered now must not be joined by later ones.
      running.clear();
      for (const [hash, { principal }] of cache.entries()) {
        if (principal.username !== username || principal.credential.kind !== "pat") continue;
        if (preview === undefined || principal.credential.preview === preview) cache.delete(hash);
      }
    },
  };
};
