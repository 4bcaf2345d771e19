import { decodeKey, encodeKey, type KvBucket, KvConflictError, KvUnavailableError } from "@k8shell/kv";
import type { Logger } from "pino";
import { z } from "zod";
import { ApiError } from "../http/api-error.ts";

/** Value in the bucket `locked-users` (rest-contract 2.16); both fields are omitted when zero. */
const lockState = z.object({
  locked: z.boolean().optional(),
  /** Epoch seconds. Tokens and web sessions from before are refused. */
  sessionsInvalidBefore: z.number().optional(),
  /** The same instant in milliseconds, which only this server reads and writes. */
  sessionsInvalidBeforeMs: z.number().optional(),
});
type LockState = z.infer<typeof lockState>;

export interface AccountLocks {
  /** The bucket's contents have been read once. */
  readonly ready: Promise<void>;
  /** True also while it was never known. */
  isLocked(username: string): boolean;
  /** @throws ApiError account_locked; KvUnavailableError while it was never known who is locked */
  refuseLocked(username: string): void;
  /** Was something made at `issuedAtMs` (epoch milliseconds) revoked since? */
  isRevoked(username: string, issuedAtMs: number): boolean;
  /** Locks or unlocks an account. Locking also revokes what was issued so far. */
  setLocked(username: string, locked: boolean): Promise<void>;
  /** Revokes every web session and user JWT issued so far. */
  revoke(username: string): Promise<void>;
  /** The account is gone: as `revoke`, and whoever gets the name next is not locked. */
  remove(username: string): Promise<void>;
  /** Called after each change, by whichever replica. */
  onChange(listener: (username: string) => void): void;
  close(): void;
}

const weekMs = 7 * 86_400_000;
/** Tries to write against other replicas. */
const maxConflicts = 20;

export interface AccountLocksDeps {
  bucket: KvBucket;
  /** Milliseconds that a web session may last: a revocation is kept at least as long (default a week). */
  sessionMs?: number;
  log: Logger;
  now?: () => number;
}

/** Several replicas may change one account at once: none of the changes is lost. */
const changeEntry = async (
  bucket: KvBucket,
  key: string,
  change: (value: string | undefined) => LockState,
): Promise<{ state: LockState; revision: number }> => {
  for (let tries = 0; ; tries += 1) {
    const entry = await bucket.get(key);
    const state = change(entry?.value);
    const value = JSON.stringify(state);
    try {
      const revision = await (entry ? bucket.update(key, value, entry.revision) : bucket.create(key, value));
      return { state, revision };
    } catch (error) {
      if (!(error instanceof KvConflictError) || tries === maxConflicts) throw error;
    }
  }
};

/**
 * The lock state of accounts, mirrored in memory through a watch so that checking it on every request costs nothing.
 * When the watch breaks it is taken up again; meanwhile the last known state holds.
 */
export const createAccountLocks = ({
  bucket,
  sessionMs = weekMs,
  log,
  now = Date.now,
}: AccountLocksDeps): AccountLocks => {
  const states = new Map<string, LockState>();
  const revisions = new Map<string, number>();
  const listeners: Array<(username: string) => void> = [];
  const stop = new AbortController();
  const ready = Promise.withResolvers<void>();
  let known = false;

  const apply = (username: string, state: LockState | undefined, revision: number) => {
    // What was written here is known before the watch tells it, and what came before it.
    if (revision < (revisions.get(username) ?? 0)) return;
    revisions.set(username, revision);
    if (state?.locked || state?.sessionsInvalidBefore) states.set(username, state);
    else states.delete(username);
    for (const listener of listeners) listener(username);
  };

  const parse = (value: string): LockState | undefined => {
    try {
      return lockState.parse(JSON.parse(value));
    } catch (err) {
      // Unreadable is treated as locked: fail closed, and say so.
      log.error({ err, bucket: bucket.name }, "unreadable lock record: treating the account as locked");
      return { locked: true };
    }
  };

  /**
   * An entry is gone: nobody unlocks by deleting (grpc-behaviour section 3), so it has expired, in a bucket that
   * somebody made with too short a TTL. What still matters is written once more, by whichever replica is first.
   */
  const outlive = async (username: string, revision: number) => {
    const state = states.get(username);
    if (!state?.locked && (state?.sessionsInvalidBefore ?? 0) * 1000 + sessionMs < now()) {
      apply(username, undefined, revision);
      return;
    }
    try {
      await bucket.create(encodeKey(username), JSON.stringify(state));
    } catch (err) {
      if (!(err instanceof KvConflictError)) log.error({ err, username }, "an account lock expired");
    }
  };

  const follow = async () => {
    // A bucket that was made anew counts from the beginning.
    revisions.clear();
    for await (const event of bucket.watch({ signal: stop.signal })) {
      if (event.type === "current") {
        known = true;
        ready.resolve();
      } else if (event.type === "put") {
        apply(decodeKey(event.key), parse(event.value), event.revision);
      } else if (event.type === "delete") {
        await outlive(decodeKey(event.key), event.revision);
      }
    }
  };

  const keepFollowing = async () => {
    while (!stop.signal.aborted) {
      try {
        await follow();
      } catch (err) {
        if (!stop.signal.aborted) log.warn({ err }, "the watch on account locks broke; trying again");
      }
      if (!stop.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1000).unref());
    }
  };
  void keepFollowing();

  const write = async (username: string, change: (state: LockState) => LockState) => {
    const { state, revision } = await changeEntry(bucket, encodeKey(username), (value) =>
      change((value === undefined ? undefined : parse(value)) ?? {}),
    );
    // The watch tells the other replicas; this one must not answer another request with the old state.
    apply(username, state, revision);
  };

  const invalidBefore = () => {
    const ms = now();
    return { sessionsInvalidBefore: Math.floor(ms / 1000), sessionsInvalidBeforeMs: ms + 1 };
  };

  const isLocked = (username: string) => !known || states.get(username)?.locked === true;

  return {
    ready: ready.promise,
    isLocked,
    refuseLocked(username) {
      if (!known) throw new KvUnavailableError("the locked accounts have not been read yet");
      if (isLocked(username)) {
        throw new ApiError("account_locked", "This account is locked. Ask an administrator to unlock it.");
      }
    },
    isRevoked(username, issuedAtMs) {
      const state = states.get(username);
      if (!state?.sessionsInvalidBefore) return false;
      return issuedAtMs < (state.sessionsInvalidBeforeMs ?? state.sessionsInvalidBefore * 1000);
    },
    setLocked: (username, locked) =>
      write(username, ({ locked: _, ...rest }) =>
        locked ? { ...rest, locked: true, ...invalidBefore() } : rest,
      ),
    revoke: (username) => write(username, (state) => ({ ...state, ...invalidBefore() })),
    remove: (username) => write(username, ({ locked: _, ...rest }) => ({ ...rest, ...invalidBefore() })),
    onChange(listener) {
      listeners.push(listener);
    },
    close() {
      stop.abort();
    },
  };
};
