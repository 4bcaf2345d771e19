import { type KV, Kvm } from "@nats-io/kv";
import { checkKey } from "../key.ts";
import {
  type KvBucket,
  type KvBucketOptions,
  KvConflictError,
  type KvEntry,
  KvUnavailableError,
} from "../types.ts";
import type { Live, NatsLink } from "./connection.ts";
import { isAlreadyMade, isBucketGone, isNoCluster, isTooSmallCluster, toKvError } from "./errors.ts";
import type { NatsKvOptions } from "./options.ts";
import { createNatsWatch } from "./watch.ts";

/** A bucket as the server has it. */
export interface OpenBucket {
  readonly kv: KV;
  readonly stream: string;
  /** Milliseconds; undefined: entries stay. */
  readonly ttlMs: number | undefined;
}

export interface NatsBucket extends KvBucket {
  /** Opens the bucket, or makes it. @throws KvUnavailableError */
  open(): Promise<void>;
  /** The bucket has been opened, or nothing has been tried yet. */
  readonly isOpen: boolean;
  /** Ends every watch. */
  close(): void;
}

export interface NatsBucketDeps extends Pick<NatsKvOptions, "log" | "replicas"> {
  link: NatsLink;
  name: string;
  options: KvBucketOptions;
  /** The server has no place for so many replicas: the bucket gets one. */
  onSingleReplica(wanted: number): void;
}

const defaultReplicas = 3;
/** How long a cluster's servers are waited for before a bucket gets fewer replicas, milliseconds. */
const clusterWaitMs = 20_000;

/** One bucket. It is opened when it is first needed, and made again when the server has lost it. */
export const createNatsBucket = ({
  link,
  name,
  options,
  replicas,
  onSingleReplica,
  log,
}: NatsBucketDeps): NatsBucket => {
  let opening: Promise<OpenBucket> | undefined;
  let opened = false;
  let tooSmallSince: number | undefined;
  const watches = new Set<{ end(): void }>();

  const make = async (live: Live, copies: number): Promise<KV> => {
    const kvm = new Kvm(live.js);
    const settings = {
      history: 1,
      replicas: copies,
      // Reads are answered by the leader, so that a replica of this server sees what another has just written.
      allow_direct: false,
      ...(options.ttlMs === undefined ? {} : { ttl: options.ttlMs }),
    };
    try {
      return await kvm.create(name, settings);
    } catch (error) {
      // Another client made it at this moment: now it exists.
      if (isAlreadyMade(error)) return kvm.create(name, settings);
      if (isTooSmallCluster(error)) tooSmallSince ??= Date.now();
      const small = tooSmallSince !== undefined && Date.now() - tooSmallSince > clusterWaitMs;
      if (copies > 1 && (isNoCluster(error) || (isTooSmallCluster(error) && small))) {
        onSingleReplica(copies);
        return make(live, 1);
      }
      throw error;
    }
  };

  const openOn = async (live: Live): Promise<OpenBucket> => {
    const kv = await make(live, replicas ?? defaultReplicas);
    const { streamInfo } = await kv.status();
    const ttlMs = Math.round(streamInfo.config.max_age / 1e6) || undefined;
    if (ttlMs !== options.ttlMs) {
      const shorter = ttlMs !== undefined && ttlMs < (options.ttlMs ?? Number.POSITIVE_INFINITY);
      log[shorter ? "warn" : "info"](
        { bucket: name, ttlSeconds: (ttlMs ?? 0) / 1000, wantedSeconds: (options.ttlMs ?? 0) / 1000 },
        `the bucket exists with ${shorter ? "a shorter" : "another"} TTL (0: none), which stays`,
      );
    }
    opened = true;
    return { kv, stream: streamInfo.config.name, ttlMs };
  };

  /** The bucket; callers at the same time share one try, and a failed one is forgotten. */
  const ensure = (live: Live): Promise<OpenBucket> => {
    if (opening) return opening;
    const mine = openOn(live);
    opening = mine;
    mine.catch(() => {
      if (opening === mine) opening = undefined;
    });
    return mine;
  };

  const forget = () => {
    opening = undefined;
    opened = false;
  };

  const attempt = <T>(detail: string, work: (kv: KV, bucket: OpenBucket) => Promise<T>): Promise<T> =>
    link.run(`${detail} in ${name}`, async (live) => {
      const bucket = await ensure(live);
      try {
        return await work(bucket.kv, bucket);
      } catch (error) {
        if (!isBucketGone(error)) throw error;
        forget();
        const again = await ensure(live);
        return work(again.kv, again);
      }
    });
  const run = async <T>(detail: string, work: (kv: KV, bucket: OpenBucket) => Promise<T>): Promise<T> => {
    try {
      return await attempt(detail, work);
    } catch (error) {
      throw toKvError(error);
    }
  };

  const find = async (kv: KV, key: string): Promise<KvEntry | undefined> => {
    const entry = await kv.get(key);
    if (entry?.operation !== "PUT") return undefined;
    return { key, value: entry.string(), revision: entry.revision };
  };

  const follow = (key: string | undefined, signal: AbortSignal) =>
    createNatsWatch({
      link,
      ensure,
      forget,
      key,
      name,
      signal,
      log,
      watches,
      find: (wanted) => run("get", (kv) => find(kv, wanted)),
    });

  return {
    name,
    get isOpen() {
      return opened;
    },
    open: () => run("opening", async () => {}),
    async get(key) {
      checkKey(key);
      return run("get", (kv) => find(kv, key));
    },
    async put(key, value) {
      checkKey(key);
      return run("put", (kv) => kv.put(key, value));
    },
    async create(key, value) {
      checkKey(key);
      return run("create", (kv) => kv.create(key, value));
    },
    async update(key, value, revision) {
      checkKey(key);
      // No entry has revision 0, which NATS takes for "absent".
      if (revision <= 0) throw new KvConflictError("the entry was changed by another writer");
      return run("update", (kv) => kv.update(key, value, revision));
    },
    async delete(key, revision) {
      checkKey(key);
      await run("delete", async (kv) => {
        // A delete of what is not there would be a change that watchers are told of.
        const entry = await find(kv, key);
        if (!entry) return;
        if (revision !== undefined && entry.revision !== revision) {
          throw new KvConflictError("the entry was changed by another writer");
        }
        await kv.delete(key, revision === undefined ? {} : { previousSeq: revision });
      });
    },
    async keys(prefix = "") {
      // The client library's own listing leaves a consumer on the server for five minutes.
      const iterator = follow(undefined, AbortSignal.timeout(link.timeoutMs));
      return run("keys", async () => {
        const keys = new Set<string>();
        try {
          for (;;) {
            const { value: event, done } = await iterator.next();
            if (done) throw new KvUnavailableError(`the keys of ${name} were not listed in time`);
            if (event.type === "current") return [...keys].sort();
            if (event.type === "put" && event.key.startsWith(prefix)) keys.add(event.key);
            if (event.type === "delete") keys.delete(event.key);
          }
        } finally {
          await iterator.return?.();
        }
      });
    },
    watch({ key, signal }) {
      if (key !== undefined) checkKey(key);
      return { [Symbol.asyncIterator]: () => follow(key, signal) };
    },
    close() {
      for (const watch of [...watches]) watch.end();
    },
  };
};
