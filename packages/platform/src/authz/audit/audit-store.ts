import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type AuditRecord, AuditRecordSchema } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import type { Payload } from "@k8shell/contract/gen/query/v1/query_pb.js";
import { type Generated, type Kysely, type Selectable, sql } from "kysely";
import { toSql } from "../../query/index.ts";
import { type OpenDatabaseOptions, openDatabase } from "../../storage/database.ts";
import { countedKey } from "../../storage/dialect.ts";
import { whenIdle } from "../../storage/exclusive.ts";
import type { Migrations } from "../../storage/migrate.ts";
import type { AuditEntry } from "./audit-log.ts";
import { auditColumns, auditObligations, auditQuery } from "./audit-query.ts";

/** Booleans are 0 or 1, times epoch milliseconds, lists and maps JSON text. */
export interface AuditTable {
  id: Generated<number>;
  uid: string;
  req_id: string;
  occurred_at: number;
  last_occurred_at: number;
  dup_count: number;
  package: string;
  action: string;
  scope: string;
  username: string;
  roles: string;
  org: string;
  pat_preview: string;
  resource_type: string;
  resource_id: string;
  resource_owner: string;
  resource_attributes: string;
  context: string;
  allowed: number;
  obligations: string;
  error: string;
  duration_us: number;
}

interface AuditSchema {
  audit: AuditTable;
}

const migrations: Migrations = {
  "0001_audit": {
    async up(db: Kysely<unknown>) {
      let table = db.schema
        .createTable("audit")
        .addColumn("id", countedKey(db))
        .addColumn("uid", "text", (column) => column.notNull().unique());
      const text = [
        ["req_id", "package", "action", "scope", "username", "roles", "org", "pat_preview", "resource_type"],
        ["resource_id", "resource_owner", "resource_attributes", "context", "obligations", "error"],
      ].flat();
      for (const name of text) table = table.addColumn(name, "text", (column) => column.notNull());
      for (const name of ["occurred_at", "last_occurred_at", "dup_count", "allowed", "duration_us"]) {
        table = table.addColumn(name, "bigint", (column) => column.notNull());
      }
      await table.execute();
      await db.schema.createIndex("audit_occurred_at").on("audit").column("occurred_at").execute();
      await db.schema.createIndex("audit_username").on("audit").column("username").execute();
      await db.schema.createIndex("audit_org").on("audit").column("org").execute();
    },
  },
};

/** What is kept: both limits hold. */
export interface AuditRetention {
  readonly days: number;
  readonly rows: number;
}

export interface AuditStore {
  write(entries: readonly AuditEntry[]): Promise<void>;
  /** @throws RpcError InvalidArgument for a bad query, PermissionDenied for an obligation that cannot be enforced */
  query(payload: Payload | undefined): Promise<AuditRecord[]>;
  /** Deletes what is beyond the retention limits. */
  prune(): Promise<void>;
  close(): Promise<void>;
}

const toRow = (entry: AuditEntry) => ({
  uid: entry.uid,
  req_id: entry.requestId,
  occurred_at: entry.occurredAt,
  last_occurred_at: entry.lastOccurredAt,
  dup_count: entry.dupCount,
  package: entry.packageName,
  action: entry.action,
  scope: entry.scope,
  username: entry.username,
  roles: JSON.stringify(entry.roles),
  org: entry.org,
  pat_preview: entry.patPreview,
  resource_type: entry.resourceType,
  resource_id: entry.resourceId,
  resource_owner: entry.resourceOwner,
  resource_attributes: JSON.stringify(entry.resourceAttributes),
  context: JSON.stringify(entry.context),
  allowed: entry.allowed ? 1 : 0,
  obligations: JSON.stringify(entry.obligations),
  error: entry.error,
  duration_us: entry.durationUs,
});

const toRecord = (row: Selectable<AuditTable>): AuditRecord =>
  create(AuditRecordSchema, {
    id: BigInt(row.id),
    reqId: row.req_id,
    occurredAt: timestampFromMs(Number(row.occurred_at)),
    package: row.package,
    action: row.action,
    scope: row.scope,
    username: row.username,
    roles: JSON.parse(row.roles),
    org: row.org,
    patPreview: row.pat_preview,
    resourceType: row.resource_type,
    resourceId: row.resource_id,
    resourceOwner: row.resource_owner,
    resourceAttributes: JSON.parse(row.resource_attributes),
    context: JSON.parse(row.context),
    allowed: Number(row.allowed) === 1,
    obligations: JSON.parse(row.obligations),
    error: row.error,
    durationUs: BigInt(row.duration_us),
    dupCount: Number(row.dup_count),
    lastOccurredAt: timestampFromMs(Number(row.last_occurred_at)),
  });

/** Rows per statement: 21 values each, far below what databases take. */
const chunkSize = 100;

/**
 * Opens the table of decisions, made and brought up to date as needed.
 * @param now clock, epoch milliseconds
 */
export const openAuditStore = async (
  place: Omit<OpenDatabaseOptions, "service" | "migrations">,
  retention: AuditRetention,
  now: () => number,
): Promise<AuditStore> => {
  const db = await openDatabase<AuditSchema>({ ...place, service: "authz", migrations });
  const queries = auditQuery(now);

  const writeChunk = (entries: readonly AuditEntry[]) =>
    db
      .insertInto("audit")
      .values(entries.map(toRow))
      .onConflict((conflict) =>
        conflict.column("uid").doUpdateSet((eb) => ({
          dup_count: eb.ref("excluded.dup_count"),
          last_occurred_at: eb.ref("excluded.last_occurred_at"),
        })),
      )
      .execute();

  const removeOld = async () => {
    await db
      .deleteFrom("audit")
      .where("occurred_at", "<", now() - retention.days * 86_400_000)
      .execute();
    const beyond = await db
      .selectFrom("audit")
      .select("id")
      .orderBy("id", "desc")
      .offset(retention.rows)
      .limit(1)
      .executeTakeFirst();
    if (beyond) await db.deleteFrom("audit").where("id", "<=", beyond.id).execute();
  };

  return {
    async write(entries) {
      for (let start = 0; start < entries.length; start += chunkSize) {
        await writeChunk(entries.slice(start, start + chunkSize));
        // Requests go first: SQLite works on this thread.
        await new Promise(setImmediate);
      }
    },
    async query(payload) {
      const parsed = queries.parse(payload);
      const { where, orderBy, limit, offset } = toSql(parsed, auditColumns);
      const restrictions = [...parsed.obligations].map(([name, values]) => auditObligations[name]?.(values));
      let select = db.selectFrom("audit").selectAll().where(where);
      for (const restriction of restrictions) select = select.where(restriction ?? sql<boolean>`1 = 0`);
      select = select.orderBy(sql`${orderBy}`);
      if (limit !== undefined) select = select.limit(limit);
      return (await select.offset(offset).execute()).map(toRecord);
    },
    async prune() {
      await whenIdle(db, "prune", removeOld);
    },
    close: () => db.destroy(),
  };
};
