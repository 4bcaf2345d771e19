import { silentLog } from "@k8shell/contract";
import { sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { type IdentitySchema, identityMigrations } from "../../src/identity/schema.ts";
import { openStore } from "../../src/identity/store.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { openPostgres, schemaOf } from "../../src/storage/postgres.ts";
import { openSqlite } from "../../src/storage/sqlite.ts";
import { freshPostgres, startReplica, temporaryDirectory } from "./own-server.ts";

const identityOf = (postgres: ReturnType<typeof freshPostgres>) => {
  const db = openPostgres<IdentitySchema>({
    ...postgres,
    schema: schemaOf(postgres, "identity"),
    log: silentLog,
  });
  onTestFinished(() => db.destroy());
  return db;
};

/** What a database of the first version looks like, with a user in it. */
const firstVersion = Object.fromEntries(
  Object.entries(identityMigrations).filter(([name]) => name.startsWith("0001_")),
);
const alice = sql`insert into users (username, organization, fullname, email, uid, gid, shell, sudo, locked, source,
  is_valid, manage_repos, git_address, password_hash, created_at, updated_at)
  values ('alice', 'default', 'Alice', 'alice@example.org', 10000, 10000, '/bin/sh', 0, 0, 'local', 1, '', '', '', 1, 1)`;
const defaultOrg = sql`insert into organizations (name, description, created_at) values ('default', 'kept', 1)`;

test("ten processes that start at once on an empty database make it once", async () => {
  const postgres = freshPostgres();
  const replicas = await Promise.all(
    Array.from({ length: 10 }, () => openStore({ file: "", postgres, log: silentLog }, Date.now)),
  );
  const [db] = replicas;
  const roles = await db?.selectFrom("roles").select("name").orderBy("name").execute();
  expect(roles?.map(({ name }) => name)).toEqual(["admin", "developer", "org-admin"]);
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(
    replicas[0] ?? expect.fail(),
  );
  expect(rows.map(({ name }) => name)).toEqual(Object.keys(identityMigrations).sort());
  await Promise.all(replicas.map((replica) => replica.destroy()));
});

test("a populated database of the first version is brought up to date with everything in it", async () => {
  const postgres = freshPostgres();
  const db = identityOf(postgres);
  await migrate(db, firstVersion, schemaOf(postgres, "identity"));
  await defaultOrg.execute(db);
  await alice.execute(db);
  const { client } = await startReplica({ postgres });
  expect(await client.findUser({ username: "alice" })).toMatchObject({ fullname: "Alice", uid: 10_000 });
  expect((await client.getOrganization({ name: "default" })).description).toBe("kept");
  await client.createAccessToken({ username: "alice", name: "new", scopes: ["*"] });
});

test("so is one of SQLite", async () => {
  const dataDir = await temporaryDirectory();
  const db = openSqlite<IdentitySchema>(`${dataDir}/identity.db`);
  await migrate(db, firstVersion);
  await defaultOrg.execute(db);
  await alice.execute(db);
  await db.destroy();
  const { client } = await startReplica({ dataDir });
  expect(await client.findUser({ username: "alice" })).toMatchObject({ fullname: "Alice", uid: 10_000 });
});

test("a migration that fails leaves nothing of itself behind", async () => {
  const postgres = freshPostgres();
  const place = { file: "", postgres, service: "identity", log: silentLog };
  const half = {
    "0001_half": {
      up: async (db: Parameters<typeof alice.execute>[0]) => {
        await sql`create table half (id integer)`.execute(db);
        await sql`select no_such_function()`.execute(db);
      },
    },
  };
  await expect(openDatabase({ ...place, migrations: half })).rejects.toThrow(/no_such_function/);
  const { rows } = await sql`select 1 from pg_tables where tablename = 'half'`.execute(identityOf(postgres));
  expect(rows).toEqual([]);
});

test("a database of a newer version is refused with what to do", async () => {
  const postgres = freshPostgres();
  const nothing = { up: async () => undefined };
  const place = { file: "", postgres, service: "identity", log: silentLog };
  const newer = await openDatabase({ ...place, migrations: { "0001_a": nothing, "0002_later": nothing } });
  await newer.destroy();
  await expect(openDatabase({ ...place, migrations: { "0001_a": nothing } })).rejects.toThrow(
    /newer version \(it has 0002_later\); run that version, or restore a backup/,
  );
});
