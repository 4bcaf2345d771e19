import { join } from "node:path";
import { type KvBucket, type KvStore, NatsSettingsError, natsKv, sqliteKv } from "@k8shell/kv";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";
import { readPem } from "./remote.ts";

const hour = 3_600_000;

/**
 * The key-value store: NATS when the configuration enables it, else a file of the data directory.
 * @throws ConfigError for settings that can never work; a NATS that is away is no such thing
 */
export const openKv = async (config: Config, dataDir: string, log: Logger): Promise<KvStore> => {
  const { nats } = config;
  if (!nats.enabled) return sqliteKv({ file: join(dataDir, "kv.db") });
  if (nats.url === undefined) throw new ConfigError("nats.url: is missing, because nats.enabled is true");
  try {
    return await natsKv({
      url: nats.url,
      username: nats.username,
      password: nats.password,
      token: nats.token,
      ca: readPem(nats.caCertPath, "nats.caCertPath"),
      replicas: nats.replicas,
      startWaitMs: nats.startWaitSeconds * 1000,
      log,
    });
  } catch (cause) {
    if (cause instanceof NatsSettingsError) throw new ConfigError(`nats: ${cause.message}`, { cause });
    throw cause;
  }
};

/** Job records of the Provisioner (grpc-behaviour section 3). */
export const openJobs = (kv: KvStore, { provisionBucketTtlSeconds: ttl }: Config): Promise<KvBucket> =>
  kv.bucket("workspace-provision-jobs", { ttlMs: ttl * 1000 });

/** Failed passwords of the embedded Identity (grpc-behaviour section 3). */
export const openLockouts = (kv: KvStore): Promise<KvBucket> =>
  kv.bucket("password-lockouts", { ttlMs: 24 * hour });

/** Account locks, which this server owns and others wait for (grpc-behaviour section 3). */
export const openLockedUsers = (
  kv: KvStore,
  { nats: { lockedUsersTtlSeconds: ttl } }: Config,
): Promise<KvBucket> => kv.bucket("locked-users", ttl > 0 ? { ttlMs: ttl * 1000 } : {});

/** Does a Provisioner write job records that this server cannot read? A remote one does, unless both have the same NATS. */
export const jobsMayBeElsewhere = ({ nats, provisioner }: Config): boolean =>
  !nats.enabled && provisioner.address !== undefined;
