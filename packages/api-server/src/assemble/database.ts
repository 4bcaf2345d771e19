import type { PoolUse, PostgresSettings } from "@k8shell/platform/storage/postgres.ts";
import { RpcError } from "@k8shell/rpc";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";

/** The PostgreSQL of a service: its own, or that of all; undefined: SQLite. */
export const postgresOf = (
  config: Config,
  service: "identity" | "session" | "authz",
): PostgresSettings | undefined => {
  const own = config[service].database;
  const url = own.url ?? config.database.url;
  if (url === undefined) return undefined;
  return {
    url,
    poolSize: own.poolSize ?? config.database.poolSize,
    schemaPrefix: own.schemaPrefix ?? config.database.schemaPrefix,
  };
};

/**
 * Runs the start of a service that has a database.
 * @param onPool told of its pool of connections
 * @throws ConfigError, naming the key, when its database fails it
 */
export const withDatabase = async <T>(
  config: Config,
  service: "identity" | "session" | "authz",
  start: (postgres: PostgresSettings | undefined) => T | Promise<T>,
  onPool?: (service: string, pool: PoolUse) => void,
): Promise<T> => {
  const settings = postgresOf(config, service);
  const postgres =
    settings && onPool ? { ...settings, onPool: (pool: PoolUse) => onPool(service, pool) } : settings;
  try {
    return await start(postgres);
  } catch (error) {
    if (!postgres || !(error instanceof RpcError)) throw error;
    const key = config[service].database.url === undefined ? "database.url" : `${service}.database.url`;
    throw new ConfigError(`${key}: ${error.message}`);
  }
};
