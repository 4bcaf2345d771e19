import { type RawBuilder, type SqlBool, sql } from "kysely";
import { createQueryEngine, type QueryEngine, type QueryField, type SqlColumns } from "../query/index.ts";
import type { SessionRow } from "./record.ts";

const time = (millis: number | null) => (millis === null ? undefined : new Date(millis));

/** Names are those of the JSON that clients see (rest-contract section 2.6). */
const fields: ReadonlyArray<QueryField<SessionRow> & { readonly column: keyof SessionRow }> = [
  { name: "sessionID", type: "string", column: "session_id", value: (row) => row.session_id },
  { name: "username", type: "string", column: "username", value: (row) => row.username },
  { name: "workspace", type: "string", column: "workspace", value: (row) => row.workspace },
  { name: "blueprint", type: "string", column: "blueprint", value: (row) => row.blueprint },
  { name: "k8shelldVer", type: "string", column: "k8shelld_ver", value: (row) => row.k8shelld_ver },
  { name: "client", type: "string", column: "client", value: (row) => row.client },
  { name: "clientIP", type: "string", column: "client_ip", value: (row) => row.client_ip },
  { name: "operations", type: "string", column: "operations", value: (row) => row.operations },
  { name: "startTime", type: "datetime", column: "start_time", value: (row) => time(row.start_time) },
  { name: "endTime", type: "datetime", column: "end_time", value: (row) => time(row.end_time) },
  { name: "updatedAt", type: "datetime", column: "updated_at", value: (row) => time(row.updated_at) },
  { name: "bytesIn", type: "number", column: "bytes_in", value: (row) => row.bytes_in },
  { name: "bytesOut", type: "number", column: "bytes_out", value: (row) => row.bytes_out },
];

/** Column of each query field. */
export const sessionColumns: SqlColumns = Object.fromEntries(
  fields.map(({ name, column }) => [name, sql.ref(column)]),
);

/** Sessions of these users, exactly. */
export const ofUsers = (usernames: readonly string[]): RawBuilder<SqlBool> =>
  usernames.length === 0 ? sql`1 = 0` : sql`${sql.ref("username")} in (${sql.join(usernames)})`;

/**
 * Queries of sessions, oldest first. Obligations are applied as SQL by the store, because `roles` and `org` need
 * Identity; here they are only known by name.
 * @param now clock for relative times, epoch milliseconds
 */
export const sessionQuery = (now: () => number): QueryEngine<SessionRow> =>
  createQueryEngine<SessionRow>({
    resource: "sessions",
    fields,
    defaultSort: ["startTime", "sessionID"],
    page: { defaultLimit: 100, maxLimit: 1000 },
    obligations: {
      username: (row, values) => values.includes(row.username),
      roles: () => false,
      org: () => false,
    },
    now,
  });
