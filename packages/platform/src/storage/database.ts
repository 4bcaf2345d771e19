import type { Log } from "@k8shell/contract";
import { Code, RpcError } from "@k8shell/rpc";
import type { Kysely } from "kysely";
import { type Migrations, migrate } from "./migrate.ts";
import { describePostgres, openPostgres, type PostgresSettings, schemaOf } from "./postgres.ts";
import { needsOperator } from "./postgres-error.ts";
import { openSqlite } from "./sqlite.ts";

export interface OpenDatabaseOptions {
  /** SQLite file, or `:memory:`; not used when there is a PostgreSQL. */
  readonly file: string;
  readonly postgres?: PostgresSettings;
  /** `identity`, `session` or `authz`. */
  readonly service: string;
  readonly migrations: Migrations;
  readonly log: Log;
}

const startAttempts = 30;
const attemptPauseMs = 1000;

/** Runs the migrations, waiting half a minute for a database that is still starting. */
const prepare = async (
  postgres: PostgresSettings,
  schema: string,
  { migrations, log }: OpenDatabaseOptions,
): Promise<void> => {
  const where = describePostgres(postgres.url);
  for (let attempt = 1; ; attempt++) {
    const db = openPostgres<unknown>({ ...postgres, schema, log, unhurried: true });
    try {
      await migrate(db, migrations, schema);
      return;
    } catch (error) {
      if (!(error instanceof RpcError && error.code === Code.Unavailable)) throw error;
      const reason = error.cause instanceof Error ? error.cause.message || error.cause.name : "";
      if (attempt === startAttempts || needsOperator(error.cause)) {
        throw new RpcError(error.code, `the database at ${where} cannot be used: ${reason}`, {
          cause: error,
        });
      }
      if (attempt === 1)
        log.warn({ database: where, reason }, "the database cannot be reached; waiting for it");
      await new Promise((resume) => setTimeout(resume, attemptPauseMs));
    } finally {
      await db.destroy();
    }
  }
};

/**
 * Opens one service's database, made and brought up to date as needed: PostgreSQL where one is given, else SQLite.
 * @throws RpcError Unavailable when the database cannot be reached for half a minute, or does not let us in
 */
export const openDatabase = async <Schema>(options: OpenDatabaseOptions): Promise<Kysely<Schema>> => {
  const { file, postgres, service, migrations, log } = options;
  if (postgres) {
    const schema = schemaOf(postgres, service);
    await prepare(postgres, schema, options);
    return openPostgres<Schema>({ ...postgres, schema, log });
  }
  const db = openSqlite<Schema>(file);
  await migrate(db, migrations);
  return db;
};
