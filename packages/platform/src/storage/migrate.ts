import type { Kysely } from "kysely";
import { type Migration, Migrator } from "kysely/migration";

/**
 * Brings a database up to date. Migrations are forward-only, named `0001_what`, run in name order under a lock.
 * @throws the first migration's error, with nothing of that migration applied where the database allows it
 */
export const migrate = async <Schema>(
  database: Kysely<Schema>,
  migrations: Record<string, Migration>,
): Promise<void> => {
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
};
