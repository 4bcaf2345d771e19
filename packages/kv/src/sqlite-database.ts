import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { KvConflictError, KvUnavailableError } from "./types.ts";

/** A stored row. `value` is null when the key was deleted or has expired: kept for a while so that watchers hear of it. */
export interface Row {
  key: string;
  value: string | null;
  revision: number;
}

export interface Database {
  /** Runs `work`, with what SQLite throws turned into KvUnavailableError. */
  read<T>(work: () => T): T;
  /** The same, and all that `work` reads is of one moment. */
  snapshot<T>(work: () => T): T;
  /** The same in a transaction that holds the write lock. */
  write<T>(work: () => T): T;
  readonly statements: Statements;
  /** Grows when another connection has changed the file. */
  version(): number;
  close(): void;
}

/** How long a write waits for another process's, milliseconds. It holds up the event loop, so not for long. */
const busyTimeoutMs = 2_000;

// A deleted key stays as a row without a value until `expires_at`, a live one has `expires_at` only in a bucket with TTL.
const schema = `
  CREATE TABLE IF NOT EXISTS buckets (
    name TEXT PRIMARY KEY, ttl_ms INTEGER, revision INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS entries (
    bucket TEXT NOT NULL, key TEXT NOT NULL, value TEXT, revision INTEGER NOT NULL, expires_at INTEGER,
    PRIMARY KEY (bucket, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS entries_by_revision ON entries (bucket, revision);
  CREATE INDEX IF NOT EXISTS entries_by_expiry ON entries (expires_at) WHERE expires_at IS NOT NULL;
`;

/** Opens the file, which only its owner may read, and makes what it lacks. */
export const openDatabase = (file: string): Database => {
  const db = unavailable(() => {
    if (file !== ":memory:") {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      closeSync(openSync(file, "a", 0o600));
      chmodSync(file, 0o600);
    }
    const opened = new DatabaseSync(file, { timeout: busyTimeoutMs });
    opened.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    opened.exec(schema);
    return opened;
  });
  const statements = unavailable(() => prepare(db));
  const beginRead = db.prepare("BEGIN");
  const beginWrite = db.prepare("BEGIN IMMEDIATE");
  const commit = db.prepare("COMMIT");
  const dataVersion = db.prepare("PRAGMA data_version");
  const transaction = <T>(begin: StatementSync, work: () => T): T =>
    unavailable(() => {
      begin.run();
      try {
        const result = work();
        commit.run();
        return result;
      } catch (error) {
        if (db.isTransaction) db.exec("ROLLBACK");
        throw error;
      }
    });

  return {
    statements,
    read: unavailable,
    snapshot: (work) => transaction(beginRead, work),
    write: (work) => transaction(beginWrite, work),
    version: () => unavailable(() => Number(dataVersion.get()?.data_version)),
    close() {
      if (db.isOpen) db.close();
    },
  };
};

const unavailable = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    if (error instanceof KvConflictError || error instanceof KvUnavailableError) throw error;
    throw new KvUnavailableError("the key-value store cannot be used", { cause: error });
  }
};

export type Statements = ReturnType<typeof prepare>;

const prepare = (db: DatabaseSync) => {
  const live = "bucket = :bucket AND value IS NOT NULL AND (expires_at IS NULL OR expires_at > :now)";
  return {
    addBucket: db.prepare("INSERT INTO buckets (name, ttl_ms) VALUES (?, ?) ON CONFLICT DO NOTHING"),
    bucket: db.prepare("SELECT ttl_ms, revision FROM buckets WHERE name = ?"),
    nextRevision: db.prepare("UPDATE buckets SET revision = revision + 1 WHERE name = ? RETURNING revision"),
    get: db.prepare(`SELECT key, value, revision FROM entries WHERE ${live} AND key = :key`),
    /** Live entries from `from` on and before `to`. */
    list: db.prepare(
      `SELECT key, value, revision FROM entries WHERE ${live} AND key >= :from AND key < :to ORDER BY key`,
    ),
    put: db.prepare(
      `INSERT INTO entries (bucket, key, value, revision, expires_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET value = excluded.value, revision = excluded.revision, expires_at = excluded.expires_at`,
    ),
    changes: db.prepare(
      "SELECT key, value, revision FROM entries WHERE bucket = ? AND revision > ? ORDER BY revision LIMIT ?",
    ),
    expired: db.prepare(
      "SELECT bucket, key FROM entries WHERE expires_at <= ? AND value IS NOT NULL LIMIT 1000",
    ),
    forget: db.prepare("DELETE FROM entries WHERE expires_at <= ? AND value IS NULL"),
  };
};

/** @throws KvUnavailableError when the file holds something else than this package wrote */
export const rowOf = (found: Record<string, unknown>): Row => {
  const { key, value, revision } = found;
  if (
    typeof key === "string" &&
    (typeof value === "string" || value === null) &&
    typeof revision === "number"
  ) {
    return { key, value, revision };
  }
  throw new KvUnavailableError("the key-value store holds a malformed row");
};
