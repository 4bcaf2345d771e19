import type { Log } from "@k8shell/contract";
import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { type Kysely, sql } from "kysely";
import { migrate } from "../../storage/migrate.ts";
import { openSqlite } from "../../storage/sqlite.ts";
import { toDetails } from "./details.ts";
import { type WorkspaceRecord, workspaceRecordSchema } from "./record.ts";

interface Schema {
  workspaces: { name: string; record: string };
  counters: { name: string; value: number };
}

/** Every workspace of this server: read from memory, written through to the database. */
export interface WorkspaceStore {
  get(name: string): WorkspaceRecord | undefined;
  /** The prepared message of a workspace: the hot path. */
  details(name: string): WorkspaceDetails | undefined;
  all(): WorkspaceRecord[];
  allDetails(): WorkspaceDetails[];
  /** Replaces a workspace's record. Readers see it at once; resolves when it is stored. */
  save(record: WorkspaceRecord): Promise<void>;
  remove(name: string): Promise<void>;
  /** Notes whether the record of a workspace's job is still there. */
  setJobPresent(name: string, present: boolean): void;
  /** The next number of a counter, 0 first; never the same twice. */
  next(counter: string): Promise<number>;
  close(): Promise<void>;
}

interface Entry {
  readonly record: WorkspaceRecord;
  readonly details: WorkspaceDetails;
  readonly jobPresent: boolean;
}

const migrations = {
  "0001_workspaces": {
    up: async (database: Kysely<never>) => {
      await sql`create table workspaces (name text primary key, record text not null)`.execute(database);
      await sql`create table counters (name text primary key, value integer not null)`.execute(database);
    },
  },
};

/** Opens the store of a server. */
export const openWorkspaceStore = async (options: { file: string; log: Log }): Promise<WorkspaceStore> => {
  const database = openSqlite<Schema>(options.file);
  await migrate(database, migrations);
  const entries = new Map<string, Entry>();

  const remember = (record: WorkspaceRecord, jobPresent: boolean) => {
    entries.set(record.name, {
      record,
      details: toDetails(record, jobPresent ? record.jobId : ""),
      jobPresent,
    });
  };
  for (const { name, record: text } of await database.selectFrom("workspaces").selectAll().execute()) {
    const parsed = workspaceRecordSchema.safeParse(JSON.parse(text));
    if (parsed.success) remember(parsed.data, true);
    else
      options.log.error(
        { workspace: name },
        "the stored record of a workspace cannot be read: it is left alone",
      );
  }

  return {
    get: (name) => entries.get(name)?.record,
    details: (name) => entries.get(name)?.details,
    all: () => [...entries.values()].map(({ record }) => record),
    allDetails: () => [...entries.values()].map(({ details }) => details),
    async save(record) {
      const before = entries.get(record.name);
      remember(record, before?.record.jobId === record.jobId ? before.jobPresent : true);
      const text = JSON.stringify(record);
      await database
        .insertInto("workspaces")
        .values({ name: record.name, record: text })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ record: text }))
        .execute();
    },
    async remove(name) {
      entries.delete(name);
      await database.deleteFrom("workspaces").where("name", "=", name).execute();
    },
    setJobPresent(name, present) {
      const entry = entries.get(name);
      if (entry && entry.jobPresent !== present) remember(entry.record, present);
    },
    async next(counter) {
      const row = await database
        .insertInto("counters")
        .values({ name: counter, value: 0 })
        .onConflict((conflict) =>
          conflict.column("name").doUpdateSet({ value: sql<number>`counters.value + 1` }),
        )
        .returning("value")
        .executeTakeFirstOrThrow();
      return Number(row.value);
    },
    close: () => database.destroy(),
  };
};
