import type { Kysely } from "kysely";
import { type Migration, Migrator } from "kysely/migration";

/** Forward-only changes, named `0001_what` and run in name order. */
export type Migrations = Readonly<Record<string, Migration>>;

const newerDatabase = /^corrupted migrations: previously executed migration (\S+) is missing/;

/**
 * Brings a database up to date, under a lock: of several processes that start at once, one does the work.
 * @param schema PostgreSQL schema of the tables, made when missing
 * @throws the first migration's error, with nothing of that migration applied where the database allows it; Error when
 *   the database was made by a newer version
 */
export const migrate = async <Schema>(
  database: Kysely<Schema>,
  migrations: Migrations,
  schema?: string,
): Promise<void> => {
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: async () => migrations },
    migrationTableSchema: schema,
  });
  const { error } = await migrator.migrateToLatest();
  const [, unknown] = newerDatabase.exec(error instanceof Error ? error.message : "") ?? [];
  if (unknown !== undefined) {
    throw new Error(
      `the database was made by a newer version (it has ${unknown}); run that version, or restore a backup`,
    );
  }
  if (error) throw error;
};
