import type { Generated, Kysely } from "kysely";
import { countedKey } from "../storage/dialect.ts";
import type { Migrations } from "../storage/migrate.ts";

/** Times are epoch milliseconds; a session without `end_time` is active. */
export interface SessionTable {
  id: Generated<number>;
  session_id: string;
  username: string;
  workspace: string;
  blueprint: string;
  k8shelld_ver: string;
  client: string;
  client_ip: string;
  start_time: number;
  end_time: number | null;
  updated_at: number;
  bytes_in: number;
  bytes_out: number;
  /** Operation codes, comma separated, in the order they were first seen. */
  operations: string;
}

export interface SessionSchema {
  sessions: SessionTable;
}

export const sessionMigrations: Migrations = {
  "0001_sessions": {
    async up(db: Kysely<unknown>) {
      let table = db.schema
        .createTable("sessions")
        .addColumn("id", countedKey(db))
        .addColumn("session_id", "text", (column) => column.notNull().unique());
      const text = [
        "username",
        "workspace",
        "blueprint",
        "k8shelld_ver",
        "client",
        "client_ip",
        "operations",
      ];
      for (const name of text) table = table.addColumn(name, "text", (column) => column.notNull());
      for (const name of ["start_time", "updated_at", "bytes_in", "bytes_out"]) {
        table = table.addColumn(name, "bigint", (column) => column.notNull());
      }
      await table.addColumn("end_time", "bigint").execute();
      const index = (name: string, columns: string[]) =>
        db.schema.createIndex(name).on("sessions").columns(columns).execute();
      await index("sessions_by_user", ["username", "start_time"]);
      await index("sessions_by_workspace", ["workspace", "start_time"]);
      await index("sessions_by_start", ["start_time"]);
      await index("sessions_by_end", ["end_time", "updated_at"]);
    },
  },
};
