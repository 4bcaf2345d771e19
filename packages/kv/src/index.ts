export { decodeKey, encodeKey } from "./key.ts";
export { NatsSettingsError } from "./nats/errors.ts";
export type { NatsKvOptions } from "./nats/options.ts";
export { parseNatsUrl } from "./nats/servers.ts";
export { natsKv } from "./nats-kv.ts";
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
