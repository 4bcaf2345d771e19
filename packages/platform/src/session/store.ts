import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { SqlQuery } from "../query/index.ts";
import { type OpenDatabaseOptions, openDatabase } from "../storage/database.ts";
import { transact, whenIdle } from "../storage/exclusive.ts";
import type { NewSessionRow, SessionRow } from "./record.ts";
import { type SessionSchema, sessionMigrations } from "./schema.ts";

/** Which rows, in order of start. */
export interface ListOptions {
  readonly where: readonly RawBuilder<SqlBool>[];
  readonly newestFirst: boolean;
  readonly limit: number;
  readonly offset: number;
}

export interface SessionStore {
  /** Writes what `change` makes of the session (undefined: unknown). Changes of one session do not interleave. */
  update(sessionId: string, change: (known: SessionRow | undefined) => NewSessionRow): Promise<NewSessionRow>;
  list(options: ListOptions): Promise<SessionRow[]>;
  query(query: SqlQuery, restrictions: readonly RawBuilder<SqlBool>[]): Promise<SessionRow[]>;
  /** Ends up to `limit` active sessions not heard of since `before`, at the time they were last heard of. Returns how many. */
  endStale(before: number, limit: number): Promise<number>;
  /** Deletes ended sessions that ended before `before` or are not among the newest `rows`. */
  prune(before: number, rows: number): Promise<void>;
  /** Runs housekeeping unless another process of the same database is at it. */
  whenIdle(work: () => Promise<void>): Promise<boolean>;
  close(): Promise<void>;
}

const conditions = (all: readonly RawBuilder<SqlBool>[]): RawBuilder<SqlBool> =>
  all.length === 0 ? sql`1 = 1` : sql.join(all, sql` and `);

/** Opens the table of sessions, made and brought up to date as needed. */
export const openSessionStore = async (
  place: Omit<OpenDatabaseOptions, "service" | "migrations">,
): Promise<SessionStore> => {
  const db = await openDatabase<SessionSchema>({
    ...place,
    service: "session",
    migrations: sessionMigrations,
  });

  return {
    update: (sessionId, change) =>
      transact(
        db,
        async (trx) => {
          const known = await trx
            .selectFrom("sessions")
            .selectAll()
            .where("session_id", "=", sessionId)
            .executeTakeFirst();
          const row = change(known);
          if (known) await trx.updateTable("sessions").set(row).where("id", "=", known.id).execute();
          else await trx.insertInto("sessions").values(row).execute();
          return row;
        },
        sessionId,
      ),
    list({ where, newestFirst, limit, offset }) {
      const direction = newestFirst ? "desc" : "asc";
      return db
        .selectFrom("sessions")
        .selectAll()
        .where(conditions(where))
        .orderBy("start_time", direction)
        .orderBy("id", direction)
        .limit(limit)
        .offset(offset)
        .execute();
    },
    query({ where, orderBy, limit, offset }, restrictions) {
      let select = db
        .selectFrom("sessions")
        .selectAll()
        .where(conditions([where, ...restrictions]))
        .orderBy(sql`${orderBy}`);
      if (limit !== undefined) select = select.limit(limit);
      return select.offset(offset).execute();
    },
    async endStale(before, limit) {
      const stale = db
        .selectFrom("sessions")
        .select("id")
        .where("end_time", "is", null)
        .where("updated_at", "<", before)
        .orderBy("updated_at")
        .limit(limit);
      const result = await db
        .updateTable("sessions")
        .set((eb) => ({ end_time: eb.ref("updated_at") }))
        .where("id", "in", stale)
        .executeTakeFirst();
      return Number(result.numUpdatedRows);
    },
    async prune(before, rows) {
      await db.deleteFrom("sessions").where("end_time", "<", before).execute();
      const beyond = await db
        .selectFrom("sessions")
        .select("id")
        .where("end_time", "is not", null)
        .orderBy("id", "desc")
        .limit(1)
        .offset(rows)
        .executeTakeFirst();
      if (!beyond) return;
      await db
        .deleteFrom("sessions")
        .where("id", "<=", beyond.id)
        .where("end_time", "is not", null)
        .execute();
    },
    whenIdle: (work) => whenIdle(db, "sweep", work),
    close: () => db.destroy(),
  };
};
