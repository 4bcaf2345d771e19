import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { AuditRecord } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { createQueryEngine, type QueryEngine, type QueryField, type SqlColumns } from "../../query/index.ts";

const time = (value: AuditRecord["occurredAt"]) => (value ? timestampDate(value) : undefined);

const fields: ReadonlyArray<QueryField<AuditRecord> & { readonly column: string }> = [
  { name: "id", type: "number", column: "id", value: (r) => r.id },
  { name: "reqId", type: "string", column: "req_id", value: (r) => r.reqId },
  { name: "occurredAt", type: "datetime", column: "occurred_at", value: (r) => time(r.occurredAt) },
  { name: "package", type: "string", column: "package", value: (r) => r.package },
  { name: "action", type: "string", column: "action", value: (r) => r.action },
  { name: "scope", type: "string", column: "scope", value: (r) => r.scope },
  { name: "username", type: "string", column: "username", value: (r) => r.username },
  { name: "org", type: "string", column: "org", value: (r) => r.org },
  { name: "patPreview", type: "string", column: "pat_preview", value: (r) => r.patPreview },
  { name: "resourceType", type: "string", column: "resource_type", value: (r) => r.resourceType },
  { name: "resourceId", type: "string", column: "resource_id", value: (r) => r.resourceId },
  { name: "resourceOwner", type: "string", column: "resource_owner", value: (r) => r.resourceOwner },
  { name: "allowed", type: "boolean", column: "allowed", value: (r) => r.allowed },
  { name: "error", type: "string", column: "error", value: (r) => r.error },
  { name: "durationUs", type: "number", column: "duration_us", value: (r) => r.durationUs },
  { name: "dupCount", type: "number", column: "dup_count", value: (r) => r.dupCount },
  {
    name: "lastOccurredAt",
    type: "datetime",
    column: "last_occurred_at",
    value: (r) => time(r.lastOccurredAt),
  },
];

/** Column of each query field. */
export const auditColumns: SqlColumns = Object.fromEntries(
  fields.map(({ name, column }) => [name, sql.ref(column)]),
);

/** None of no conditions holds: an obligation that permits nothing shows nothing. */
const anyOf = (conditions: readonly RawBuilder<SqlBool>[]): RawBuilder<SqlBool> =>
  conditions.length === 0 ? sql`1 = 0` : sql`(${sql.join(conditions, sql` or `)})`;

/** Obligations of `audit:list` as conditions: whose decisions may be seen. Values are exact, never patterns. */
export const auditObligations: Readonly<Record<string, (values: readonly string[]) => RawBuilder<SqlBool>>> =
  {
    org: (values) => anyOf(values.map((org) => sql`${sql.ref("org")} = ${org}`)),
    username: (values) => anyOf(values.map((username) => sql`${sql.ref("username")} = ${username}`)),
    // Roles are stored as a JSON array: the quotes around a name keep it from matching a part of another.
    roles: (values) =>
      anyOf(
        values.map((role) => {
          const roles = sql.ref("roles");
          return sql`replace(${roles}, ${JSON.stringify(role)}, '') <> ${roles}`;
        }),
      ),
  };

const sees = (value: string, values: readonly string[]) => values.includes(value);

/**
 * Queries of the audit log, newest first.
 * @param now clock for relative times, epoch milliseconds
 */
export const auditQuery = (now: () => number): QueryEngine<AuditRecord> =>
  createQueryEngine<AuditRecord>({
    resource: "audit",
    fields,
    defaultSort: ["-occurredAt", "-id"],
    page: { defaultLimit: 50, maxLimit: 1000 },
    obligations: {
      org: (record, values) => sees(record.org, values),
      username: (record, values) => sees(record.username, values),
      roles: (record, values) => record.roles.some((role) => values.includes(role)),
    },
    now,
  });
