import { create } from "@bufbuild/protobuf";
import type { Log } from "@k8shell/contract";
import {
  type IdentityService,
  type ResolveAccessTokenResponse,
  ResolveAccessTokenResponseSchema,
} from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import { LRUCache } from "lru-cache";
import { isShared } from "../storage/dialect.ts";
import { whenIdle } from "../storage/exclusive.ts";
import { type Directory, sharedTtlMs } from "./directory.ts";
import type { UserTokens } from "./jwt.ts";
import { sha256 } from "./secrets.ts";
import type { IdentityDatabase } from "./store.ts";
import { durationSeconds } from "./time.ts";

const cachedTokens = 10_000;
/** How old the stored `last_used_at` may be: a write per request would cost more than the request. */
const lastUsedGranularityMs = 60_000;
/** Expired tokens stay this long, so that a list can still show them (grpc-behaviour section 2 "PAT"). */
const keepExpiredMs = 6 * 3_600_000;
const purgeIntervalMs = 3_600_000;
const maxLifetimeSeconds = 24 * 3600;

interface Resolved {
  readonly id: number;
  readonly username: string;
  readonly scopes: string[];
  readonly expiresAt: number;
  lastUsedAt: number;
  /** Read again after this: another process may have changed it. */
  readonly until: number;
}

export interface TokenResolver {
  readonly rpcs: Pick<ServiceImpl<typeof IdentityService>, "resolveAccessToken">;
  /** Stops the timer and waits for pending writes. */
  close(): Promise<void>;
}

interface TokenResolverDeps {
  db: IdentityDatabase;
  directory: Directory;
  userTokens: UserTokens;
  log: Log;
  now: () => number;
}

/**
 * Turns a personal access token into its user, scopes and a user JWT. On the path of every request that uses one.
 * Tokens long expired are deleted at the start and every hour.
 */
export const createTokenResolver = async (deps: TokenResolverDeps): Promise<TokenResolver> => {
  const { db, directory, userTokens, log, now } = deps;
  const cache = new LRUCache<string, Resolved>({ max: cachedTokens });
  const pending = new Set<Promise<unknown>>();
  let epoch = 0;
  // Any change of a user or of their tokens arrives here; finding the entries of one user is rarer than it is dear.
  directory.subscribe((username) => {
    epoch++;
    if (username === undefined) cache.clear();
    else for (const [key, value] of cache) if (value.username === username) cache.delete(key);
  });

  const background = (work: Promise<unknown>, message: string): void => {
    const settled = work
      .catch((error) => log.warn({ err: error }, message))
      .finally(() => pending.delete(settled));
    pending.add(settled);
  };

  // Put together once: anybody may send tokens that nobody has, and each of them is looked for.
  const byHash = db.selectFrom("access_tokens").selectAll().where("hash", "=", "").compile();

  const load = async (hash: string): Promise<Resolved | undefined> => {
    const seen = epoch;
    const query: typeof byHash = { ...byHash, parameters: [hash] };
    const [row] = (await db.executeQuery(query)).rows;
    if (row?.is_active !== 1) return undefined;
    const resolved: Resolved = {
      id: row.id,
      username: row.username,
      scopes: JSON.parse(row.scopes),
      expiresAt: row.expires_at ?? Number.POSITIVE_INFINITY,
      lastUsedAt: row.last_used_at ?? 0,
      until: isShared(db) ? now() + sharedTtlMs : Number.POSITIVE_INFINITY,
    };
    if (seen === epoch) cache.set(hash, resolved);
    return resolved;
  };

  const touch = (resolved: Resolved): void => {
    const used = now();
    if (used - resolved.lastUsedAt < lastUsedGranularityMs) return;
    resolved.lastUsedAt = used;
    const update = db.updateTable("access_tokens").set({ last_used_at: used }).where("id", "=", resolved.id);
    background(update.execute(), "cannot record the use of an access token");
  };

  const purge = () =>
    whenIdle(db, "purge tokens", () =>
      db
        .deleteFrom("access_tokens")
        .where("expires_at", "<", now() - keepExpiredMs)
        .execute(),
    );
  await purge();
  const timer = setInterval(() => background(purge(), "cannot purge expired access tokens"), purgeIntervalMs);
  timer.unref();

  const refused = () => new RpcError(Code.Unauthenticated, "the access token is not valid");

  const resolve = async (token: string, lifetimeSeconds?: number): Promise<ResolveAccessTokenResponse> => {
    const hash = sha256(token);
    const hit = cache.get(hash);
    const resolved = hit && hit.until > now() ? hit : await load(hash);
    if (!resolved || resolved.expiresAt <= now()) throw refused();
    const user = await directory.get(resolved.username);
    if (!user?.isValid) throw refused();
    touch(resolved);
    return create(ResolveAccessTokenResponseSchema, {
      user,
      scopes: resolved.scopes,
      userToken: userTokens.reuse(user, lifetimeSeconds, resolved.expiresAt),
    });
  };

  return {
    rpcs: {
      resolveAccessToken({ token, expiry }) {
        if (token === "") throw new RpcError(Code.InvalidArgument, "an access token is required");
        return resolve(token, expiry && Math.min(durationSeconds(expiry), maxLifetimeSeconds));
      },
    },
    async close() {
      clearInterval(timer);
      await Promise.all(pending);
    },
  };
};
