import { checkBucketName, checkKey } from "./key.ts";
import { openDatabase, rowOf } from "./sqlite-database.ts";
import { createFeed } from "./sqlite-feed.ts";
import { type KvBucket, KvConflictError, type KvEntry, type KvStore } from "./types.ts";

export interface SqliteKvOptions {
  /** Database file, or `:memory:`. Made, with its directory, when it does not exist; only its owner may read it. */
  file: string;
}

/** How long deleted keys are remembered, for the watchers of other processes, milliseconds. */
const tombstoneMs = 10 * 60_000;
/** How often expired and forgotten entries are cleared away when nobody watches, milliseconds. */
const sweepMs = 30_000;

/**
 * The one-machine store: one SQLite file, shared by the processes of that machine. A watcher hears of every change
 * made by its own store at once, and within a fifth of a second of those made elsewhere (then only of the last one of
 * each key) and of expiry.
 * @throws KvUnavailableError when the file cannot be opened
 */
export const sqliteKv = ({ file }: SqliteKvOptions): KvStore => {
  const database = openDatabase(file);
  const { statements } = database;
  const now = Date.now;

  /** Writes a value, or null for a delete, as the bucket's next revision. */
  const store = (bucket: string, key: string, value: string | null, expiresAt: number | null): number => {
    const revision = Number(statements.nextRevision.get(bucket)?.revision);
    statements.put.run(bucket, key, value, revision, expiresAt);
    return revision;
  };

  const expire = () => {
    if (database.read(() => statements.expired.get(now())) === undefined) return;
    const touched = database.write(() => {
      const time = now();
      const expired = statements.expired.all(time);
      for (const { bucket, key } of expired) store(String(bucket), String(key), null, time + tombstoneMs);
      return new Set(expired.map(({ bucket }) => String(bucket)));
    });
    for (const bucket of touched) feed.changed(bucket);
  };
  const feed = createFeed({ database, now, sweep: expire });

  const sweeper = setInterval(() => {
    try {
      expire();
      database.write(() => statements.forget.run(now()));
    } catch {
      // Nobody waits for it, and expired entries are not shown in the meantime.
    }
  }, sweepMs);
  sweeper.unref();

  const find = (bucket: string, key: string): KvEntry | undefined => {
    const found = statements.get.get({ bucket, key, now: now() });
    if (!found) return undefined;
    const { value, revision } = rowOf(found);
    return value === null ? undefined : { key, value, revision };
  };

  const openBucket = (name: string, ttlMs: number | undefined): KvBucket => {
    const expiry = () => (ttlMs === undefined ? null : now() + ttlMs);

    /** Writes when the entry's revision is `expected`: a number, 0 for "absent", undefined for "whatever". */
    const write = (key: string, value: string, expected: number | undefined): number => {
      checkKey(key);
      const revision = database.write(() => {
        if (expected !== undefined && (find(name, key)?.revision ?? 0) !== expected) throw conflict();
        return store(name, key, value, expiry());
      });
      feed.changed(name);
      return revision;
    };

    return {
      name,
      async get(key) {
        checkKey(key);
        return database.read(() => find(name, key));
      },
      async put(key, value) {
        return write(key, value, undefined);
      },
      async create(key, value) {
        return write(key, value, 0);
      },
      async update(key, value, revision) {
        // No entry has revision 0, which `write` takes for "absent".
        if (revision === 0) throw conflict();
        return write(key, value, revision);
      },
      async delete(key, revision) {
        checkKey(key);
        database.write(() => {
          const entry = find(name, key);
          if (!entry) return;
          if (revision !== undefined && entry.revision !== revision) throw conflict();
          store(name, key, null, now() + tombstoneMs);
        });
        feed.changed(name);
      },
      async keys(prefix = "") {
        // Keys are ASCII below DEL, so this is the end of those with the prefix.
        const range = { bucket: name, now: now(), from: prefix, to: `${prefix}\x7f` };
        return database.read(() => statements.list.all(range)).map((row) => rowOf(row).key);
      },
      watch(options) {
        if (options.key !== undefined) checkKey(options.key);
        return feed.watch(name, options);
      },
    };
  };

  return {
    async bucket(name, options) {
      checkBucketName(name);
      const ttl = database.write(() => {
        statements.addBucket.run(name, options?.ttlMs ?? null);
        return statements.bucket.get(name)?.ttl_ms;
      });
      return openBucket(name, typeof ttl === "number" ? ttl : undefined);
    },
    async ping() {
      database.read(() => statements.bucket.get(""));
    },
    async close() {
      clearInterval(sweeper);
      feed.close();
      database.close();
    },
  };
};

const conflict = () => new KvConflictError("the entry was changed by another writer");
