import { Code, RpcError } from "@k8shell/rpc";
import type { Kysely } from "kysely";
import { type OpenDatabaseOptions, openDatabase } from "../storage/database.ts";
import { transact } from "../storage/exclusive.ts";
import { type IdentitySchema, identityMigrations } from "./schema.ts";

export type IdentityDatabase = Kysely<IdentitySchema>;

/** The organization everybody may be put in; it cannot be changed or deleted (grpc-behaviour section 2 "Roles"). */
export const defaultOrganization = "default";

/** The global roles every installation has. */
export const seededRoles = [
  { name: "admin", description: "Administers the whole platform" },
  { name: "org-admin", description: "Administers one organization" },
  { name: "developer", description: "Uses every blueprint" },
] as const;

/**
 * The next number of a sequence. Numbers are never given twice, also after the row that had one is deleted.
 * Takes part in the caller's transaction when `db` is one.
 */
export const nextId = async (db: IdentityDatabase, name: string, first = 1): Promise<number> => {
  await db
    .insertInto("sequences")
    .values({ name, next: first })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
  const { next } = await db
    .updateTable("sequences")
    .set((eb) => ({ next: eb("next", "+", 1) }))
    .where("name", "=", name)
    .returning("next")
    .executeTakeFirstOrThrow();
  return Number(next) - 1;
};

/** SQLite's SQLITE_CONSTRAINT_UNIQUE and _PRIMARYKEY, and PostgreSQL's unique_violation. */
const isDuplicate = (error: unknown): boolean =>
  error instanceof Error &&
  (("errcode" in error && (error.errcode === 2067 || error.errcode === 1555)) ||
    ("code" in error && error.code === "23505"));

/** Turns a violated unique constraint into AlreadyExists with `message`; other failures pass. */
export const refuseDuplicate = async <T>(work: Promise<T>, message: string): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    if (isDuplicate(error)) throw new RpcError(Code.AlreadyExists, message, { cause: error });
    throw error;
  }
};

const seed = (db: IdentityDatabase, now: number): Promise<void> =>
  transact(db, async (trx) => {
    await trx
      .insertInto("organizations")
      .values({ name: defaultOrganization, description: "Default organization", created_at: now })
      .onConflict((conflict) => conflict.column("name").doNothing())
      .execute();
    for (const { name, description } of seededRoles) {
      const found = await trx
        .selectFrom("roles")
        .select("id")
        .where("name", "=", name)
        .where("org", "=", "")
        .executeTakeFirst();
      if (found) continue;
      const id = await nextId(trx, "role");
      await trx.insertInto("roles").values({ id, name, org: "", description, created_at: now }).execute();
      await trx.insertInto("role_blueprints").values({ role_id: id, blueprint: "*" }).execute();
    }
  });

/** Opens the identity database, brings it up to date and seeds what every installation has. */
export const openStore = async (
  place: Omit<OpenDatabaseOptions, "service" | "migrations">,
  now: () => number,
): Promise<IdentityDatabase> => {
  const db = await openDatabase<IdentitySchema>({
    ...place,
    service: "identity",
    migrations: identityMigrations,
  });
  await seed(db, now());
  return db;
};
