import { encodeKey, type KvBucket } from "@k8shell/kv";
import type { Logger } from "pino";
import { z } from "zod";

const revocation = z.discriminatedUnion("kind", [
  /** A token was changed or deleted; without a preview (its first 13 characters): all tokens of the user. */
  z.object({ kind: z.literal("token"), username: z.string(), preview: z.string().optional() }),
  /** A workspace was stopped or deleted. */
  z.object({ kind: z.literal("workspace"), name: z.string() }),
  /** Somebody closes one connection, of this user. */
  z.object({ kind: z.literal("connection"), id: z.string(), username: z.string() }),
  /** An agent cancels a request that it made. */
  z.object({ kind: z.literal("call"), username: z.string(), session: z.string(), id: z.string() }),
  /** What people may do has changed: every connection is to be checked again. */
  z.object({ kind: z.literal("policy") }),
]);
export type Revocation = z.output<typeof revocation>;

const stored = z.object({ at: z.number(), revocation });

export interface Revocations {
  /**
   * Applies a revocation here and tells every other replica. A store that cannot be reached is logged: the others then
   * notice when they ask again, within a minute.
   */
  tell(what: Revocation): Promise<void>;
  /** @param listener called with each revocation of any replica, perhaps twice; `at` is when, epoch milliseconds */
  onRevocation(listener: (what: Revocation, at: number) => void): void;
  close(): void;
}

export interface RevocationsDeps {
  /** Bucket `revocations`; entries are needed only until every replica has seen them. */
  readonly bucket: KvBucket;
  readonly log: Logger;
  readonly now?: () => number;
}

const keyOf = (what: Revocation): string => {
  switch (what.kind) {
    case "token":
      return `token/${encodeKey(what.username)}/${what.preview === undefined ? "all" : encodeKey(what.preview)}`;
    case "workspace":
      return `workspace/${encodeKey(what.name)}`;
    case "connection":
      return `connection/${encodeKey(what.id)}`;
    case "call":
      return `call/${encodeKey(what.username)}/${encodeKey(what.session)}/${encodeKey(what.id)}`;
    case "policy":
      return "policy";
  }
};

/**
 * News of what was taken away, passed between replicas through the key-value store. Account locks have a bucket of their
 * own, which other services write too (`account-locks.ts`), and so have web sessions.
 */
export const createRevocations = ({ bucket, log, now = Date.now }: RevocationsDeps): Revocations => {
  const listeners: Array<(what: Revocation, at: number) => void> = [];
  const stop = new AbortController();

  const apply = (what: Revocation, at: number) => {
    for (const listener of listeners) listener(what, at);
  };

  const follow = async () => {
    for await (const event of bucket.watch({ signal: stop.signal })) {
      if (event.type !== "put") continue;
      try {
        const { at, revocation: what } = stored.parse(JSON.parse(event.value));
        apply(what, at);
      } catch (err) {
        // A newer replica may say what this one does not know: what it can know is checked again.
        log.warn({ err, key: event.key }, "a revocation cannot be read: checking every connection");
        apply({ kind: "policy" }, now());
      }
    }
  };

  const keepFollowing = async () => {
    while (!stop.signal.aborted) {
      try {
        await follow();
      } catch (err) {
        if (!stop.signal.aborted) log.warn({ err }, "the watch on revocations broke; trying again");
      }
      if (!stop.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1000).unref());
    }
  };
  void keepFollowing();

  return {
    async tell(what) {
      const at = now();
      apply(what, at);
      try {
        await bucket.put(keyOf(what), JSON.stringify({ at, revocation: what }));
      } catch (err) {
        log.error({ err, kind: what.kind }, "other replicas could not be told of a revocation");
      }
    },
    onRevocation(listener) {
      listeners.push(listener);
    },
    close() {
      stop.abort();
    },
  };
};
