export { decodeKey, encodeKey } from "./key.ts";
export { type SqliteKvOptions, sqliteKv } from "./sqlite-kv.ts";
export {
  type KvBucket,
  type KvBucketOptions,
  KvConflictError,
  type KvEntry,
  type KvEvent,
  type KvStore,
  KvUnavailableError,
} from "./types.ts";
