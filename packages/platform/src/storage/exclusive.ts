import { type Kysely, sql, type Transaction } from "kysely";
import { isShared } from "./dialect.ts";

/**
 * Runs `work` in a transaction, after others of the same key, in any process: what it has read stays true until it has
 * written. SQLite has one writer anyway; on PostgreSQL an advisory lock of the service's schema orders them.
 * @param key what must not change meanwhile; default: everything of the service
 */
export const transact = <Schema, Result>(
  db: Kysely<Schema>,
  work: (trx: Transaction<Schema>) => Promise<Result>,
  key = "",
): Promise<Result> =>
  db.transaction().execute(async (trx) => {
    if (isShared(trx)) {
      await sql`select pg_advisory_xact_lock(hashtext(current_schema()), hashtext(${`transact ${key}`}))`.execute(
        trx,
      );
    }
    return work(trx);
  });

/**
 * Runs housekeeping that one process at a time should do; does nothing while another is at it.
 * @returns whether it was done here
 */
export const whenIdle = <Schema>(
  db: Kysely<Schema>,
  name: string,
  work: () => Promise<unknown>,
): Promise<boolean> => {
  if (!isShared(db)) return work().then(() => true);
  return db.connection().execute(async (connection) => {
    const lock = sql`hashtext(current_schema()), hashtext(${`housekeeping ${name}`})`;
    const { rows } = await sql<{ got: boolean }>`select pg_try_advisory_lock(${lock}) as got`.execute(
      connection,
    );
    if (!rows[0]?.got) return false;
    try {
      await work();
      return true;
    } finally {
      await sql`select pg_advisory_unlock(${lock})`.execute(connection);
    }
  });
};
