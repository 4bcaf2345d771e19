import { randomBytes } from "node:crypto";
import { type KvBucket, KvConflictError, type KvEntry } from "@k8shell/kv";
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import { z } from "zod";
import { ApiError } from "../http/api-error.ts";
import { sha256 } from "./hash.ts";
import type { JwtVerifier } from "./jwt-verifier.ts";
import type { Principal, UserClaims } from "./principal.ts";
import type { RenewJwt } from "./renew-jwt.ts";
import { renewalTime } from "./renewal-time.ts";

const sessionRecord = z.object({
  jwt: z.string(),
  username: z.string(),
  /** Identity source the user signed in with; Identity needs it to issue the next JWT. */
  source: z.string(),
  /** Epoch milliseconds. */
  createdAt: z.number(),
  lastSeenAt: z.number(),
});
export type SessionRecord = z.infer<typeof sessionRecord>;

export interface SessionLifetimes {
  /** Milliseconds without a request after which a session ends. */
  readonly idleMs: number;
  /** Milliseconds after sign-in at which a session ends whatever happens. */
  readonly absoluteMs: number;
}

export interface WebSessions {
  /** Starts a session with a fresh random id (never one the browser brought); resolves to the cookie's value. */
  create(claims: UserClaims, jwt: string): Promise<string>;
  /** The caller of a session known from moments ago, without a promise; undefined: use `resolve`. */
  peek(cookie: string): Principal | undefined;
  /**
   * The caller of a session; renews its JWT when that has expired or is about to.
   * @throws ApiError session_expired (also for an unknown id), unavailable
   */
  resolve(cookie: string): Promise<Principal>;
  /**
   * The caller of an open connection's session, without a look at what is remembered, and when the session ends unless
   * it is used (epoch milliseconds).
   * @param id `Principal.credential.sessionId`
   * @param active it is in use: it does not fall idle
   * @throws ApiError session_expired, unavailable
   */
  check(id: string, active: boolean): Promise<{ readonly principal: Principal; readonly endsAt: number }>;
  /** The caller of the session with this id (`Principal.credential.sessionId`). @throws as `resolve` */
  byId(sessionId: string): Promise<Principal>;
  /** Ends a session. Resolves to its user, undefined when there was none. */
  end(cookie: string): Promise<string | undefined>;
  /** Called with the id (`Principal.credential.sessionId`) of each session that ends, by whichever replica. */
  onEnd(listener: (sessionId: string) => void): void;
  /** Forgets what is remembered of a user's sessions, so that the store is asked again. */
  forget(username: string): void;
  close(): void;
}

export interface WebSessionsDeps {
  bucket: KvBucket;
  verifier: JwtVerifier;
  renewJwt: RenewJwt;
  /** Was a session that began then (epoch milliseconds) revoked? */
  isRevoked(username: string, createdAtMs: number): boolean;
  lifetimes: SessionLifetimes;
  log: Logger;
  now?: () => number;
}

interface Known {
  readonly record: SessionRecord;
  readonly principal: Principal;
  readonly revision: number;
  /** Epoch milliseconds at which the JWT is to be renewed. */
  readonly renewAt: number;
}

const cookieShape = /^[A-Za-z0-9_-]{43}$/;
/** `lastSeenAt` is written at most this often, so that reading a page is not a write to the store. */
const touchEveryMs = 60_000;

const expired = () => new ApiError("session_expired", "The session has ended: sign in again.");

/**
 * Web sessions (rest-contract 4.1). The cookie is 256 random bits; the store knows only its hash, so a copy of the
 * store opens no session. Records outlive restarts and are shared by replicas.
 */
export const createWebSessions = ({
  bucket,
  verifier,
  renewJwt,
  isRevoked,
  lifetimes,
  log,
  now = Date.now,
}: WebSessionsDeps): WebSessions => {
  const known = new LRUCache<string, Known>({ max: 10_000, ttl: 30_000 });
  const renewing = new Map<string, Promise<Principal>>();
  const listeners: Array<(sessionId: string) => void> = [];
  const stop = new AbortController();
  /** Ends of sessions are heard of at this moment, so that what is remembered may be relied on. */
  let listening = false;

  const hasEnded = (record: SessionRecord, at: number): boolean =>
    at - record.lastSeenAt > lifetimes.idleMs ||
    at - record.createdAt > lifetimes.absoluteMs ||
    isRevoked(record.username, record.createdAt);

  const remember = (id: string, record: SessionRecord, claims: UserClaims, revision: number): Known => {
    const principal: Principal = {
      username: claims.sub,
      org: claims.org,
      roles: claims.roles,
      jwt: record.jwt,
      credential: { kind: "session", sessionId: id },
    };
    const session = { record, principal, revision, renewAt: renewalTime(claims) };
    known.set(id, session);
    return session;
  };

  const followEnds = async () => {
    while (!stop.signal.aborted) {
      try {
        for await (const event of bucket.watch({ signal: stop.signal })) {
          if (event.type === "current") listening = true;
          if (event.type === "interrupted") {
            listening = false;
            known.clear();
          }
          if (event.type === "current" || event.type === "interrupted") continue;
          const remembered = known.peek(event.key);
          if (remembered && remembered.revision < event.revision) known.delete(event.key);
          if (event.type === "delete") for (const listener of listeners) listener(event.key);
        }
      } catch (err) {
        if (!stop.signal.aborted) log.warn({ err }, "the watch on web sessions broke; trying again");
      }
      // What happened meanwhile is not known.
      listening = false;
      known.clear();
      if (!stop.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1000).unref());
    }
  };
  void followEnds();

  const read = async (id: string): Promise<{ entry: KvEntry; record: SessionRecord }> => {
    const entry = await bucket.get(id);
    if (!entry) throw expired();
    let record: SessionRecord;
    try {
      record = sessionRecord.parse(JSON.parse(entry.value));
    } catch (cause) {
      await bucket.delete(id);
      throw new ApiError("session_expired", "The session has ended: sign in again.", { cause });
    }
    if (hasEnded(record, now())) {
      await bucket.delete(id);
      throw expired();
    }
    return { entry, record };
  };

  /** A token of a session's user that is no more about to expire, with its claims; undefined when there is none any more. */
  const freshJwt = async ({ jwt, username, source }: SessionRecord) => {
    let claims: UserClaims | undefined;
    try {
      claims = await verifier.verify(jwt);
    } catch (error) {
      // Expired, or signed with a key that has been replaced: either way Identity decides whether there is a new one.
      log.debug({ err: error }, "renewing the token of a web session");
    }
    if (claims && now() < renewalTime(claims)) return { jwt, claims };
    try {
      const renewed = await renewJwt(username, source);
      return renewed === undefined ? undefined : { jwt: renewed, claims: await verifier.verify(renewed) };
    } catch (error) {
      // Until its very end it does without Identity.
      if (!claims) throw error;
      log.debug({ err: error }, "the token of a web session cannot be renewed yet");
      return { jwt, claims };
    }
  };

  /** @param used a request or its like: the session does not fall idle */
  const load = async (id: string, used: boolean): Promise<Known> => {
    const { entry, record } = await read(id);
    const fresh = await freshJwt(record);
    if (!fresh) {
      await bucket.delete(id);
      throw expired();
    }
    const { jwt, claims } = fresh;
    const at = now();
    if (jwt === record.jwt && (!used || at - record.lastSeenAt < touchEveryMs)) {
      return remember(id, record, claims, entry.revision);
    }
    const updated = { ...record, jwt, lastSeenAt: used ? at : record.lastSeenAt };
    try {
      const revision = await bucket.update(id, JSON.stringify(updated), entry.revision);
      return remember(id, updated, claims, revision);
    } catch (error) {
      // Another replica was quicker, or the session was ended: what the store says now counts.
      if (!(error instanceof KvConflictError)) throw error;
      const current = await read(id);
      return remember(id, current.record, await verifier.verify(current.record.jwt), current.entry.revision);
    }
  };

  const recent = (id: string): Principal | undefined => {
    const session = listening ? known.get(id) : undefined;
    if (!session) return undefined;
    const at = now();
    const fresh = at < session.renewAt && at - session.record.lastSeenAt < touchEveryMs;
    return fresh && !hasEnded(session.record, at) ? session.principal : undefined;
  };

  const resolveId = async (id: string): Promise<Principal> => {
    const session = recent(id);
    if (session) return session;
    let pending = renewing.get(id);
    if (!pending) {
      pending = load(id, true)
        .then(({ principal }) => principal)
        .finally(() => renewing.delete(id));
      renewing.set(id, pending);
    }
    return pending;
  };

  return {
    async create(claims, jwt) {
      const cookie = randomBytes(32).toString("base64url");
      const at = now();
      const record = { jwt, username: claims.sub, source: claims.source, createdAt: at, lastSeenAt: at };
      await bucket.create(sha256(cookie), JSON.stringify(record));
      return cookie;
    },
    peek: (cookie) => recent(sha256(cookie)),
    resolve: async (cookie) => {
      if (!cookieShape.test(cookie)) throw expired();
      return resolveId(sha256(cookie));
    },
    async check(id, active) {
      const { principal, record } = await load(id, active);
      const endsAt = Math.min(record.lastSeenAt + lifetimes.idleMs, record.createdAt + lifetimes.absoluteMs);
      return { principal, endsAt: endsAt + 1 };
    },
    byId: resolveId,
    async end(cookie) {
      if (!cookieShape.test(cookie)) return undefined;
      const id = sha256(cookie);
      const entry = await bucket.get(id);
      known.delete(id);
      if (!entry) return undefined;
      await bucket.delete(id);
      known.delete(id);
      for (const listener of listeners) listener(id);
      try {
        return sessionRecord.parse(JSON.parse(entry.value)).username;
      } catch {
        return undefined;
      }
    },
    onEnd(listener) {
      listeners.push(listener);
    },
    forget(username) {
      for (const [id, session] of known.entries()) if (session.record.username === username) known.delete(id);
    },
    close() {
      stop.abort();
    },
  };
};
