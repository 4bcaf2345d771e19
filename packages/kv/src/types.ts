/** One stored value. `revision` grows with every write to the bucket. */
export interface KvEntry {
  readonly key: string;
  readonly value: string;
  readonly revision: number;
}

/** A change seen by a watcher. */
export type KvEvent =
  | ({ readonly type: "put" } & KvEntry)
  | { readonly type: "delete"; readonly key: string; readonly revision: number }
  /** The watch is up to date: at first, when all that existed has been delivered, and after each interruption. */
  | { readonly type: "current" }
  /** The store was lost: changes are not seen until the next `current`, which follows those missed meanwhile. */
  | { readonly type: "interrupted" };

export interface KvBucketOptions {
  /** Milliseconds after its last write that an entry disappears. Absent: it stays. One TTL for the whole bucket. */
  ttlMs?: number;
}

/** A bucket of string values (JSON by convention). Keys match `[-/_=.a-zA-Z0-9]+`; see `encodeKey` for other text. */
export interface KvBucket {
  readonly name: string;
  get(key: string): Promise<KvEntry | undefined>;
  /** Writes whatever was there. Resolves to the new revision. */
  put(key: string, value: string): Promise<number>;
  /** Writes only when the key is absent; else KvConflictError. */
  create(key: string, value: string): Promise<number>;
  /** Writes only when the key is at `revision`; else KvConflictError. */
  update(key: string, value: string, revision: number): Promise<number>;
  /** Removes the key; with `revision` only when it is at that revision (else KvConflictError). Absent is fine. */
  delete(key: string, revision?: number): Promise<void>;
  /** Live keys, sorted, optionally those with a prefix. */
  keys(prefix?: string): Promise<string[]>;
  /**
   * Current entries, then `current`, then every change until `signal` aborts. `key` limits it to one key. A store that
   * can be lost tells `interrupted` then, and waits for as long as it takes.
   */
  watch(options: { key?: string; signal: AbortSignal }): AsyncIterable<KvEvent>;
}

export interface KvStore {
  /** Opens a bucket, creating it with `options` when it does not exist; an existing one keeps its settings. */
  bucket(name: string, options?: KvBucketOptions): Promise<KvBucket>;
  /** Resolves when the store answers; throws KvUnavailableError when it does not. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A create or update lost against another writer. */
export class KvConflictError extends Error {
  override readonly name = "KvConflictError";
}

/** The store cannot be reached now. */
export class KvUnavailableError extends Error {
  override readonly name = "KvUnavailableError";
}
