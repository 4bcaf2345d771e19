import { Code } from "@k8shell/rpc";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { migrate } from "./migrate.ts";
import { openSqlite } from "./sqlite.ts";

test("a migrated SQLite database stores and returns rows", async () => {
  const database = openSqlite<{ thing: { id: number; name: string } }>(":memory:");
  await migrate(database, {
    "0001_thing": {
      up: async (db) =>
        void (await sql`create table thing (id integer primary key, name text not null)`.execute(db)),
    },
  });
  const inserted = await database
    .insertInto("thing")
    .values({ id: 7, name: "x" })
    .returning("id")
    .executeTakeFirstOrThrow();
  expect(inserted.id).toBe(7);
  expect(await database.selectFrom("thing").selectAll().execute()).toEqual([{ id: 7, name: "x" }]);
  expect(
    (await database.updateTable("thing").set({ name: "y" }).executeTakeFirstOrThrow()).numUpdatedRows,
  ).toBe(1n);
  await database.destroy();
});

test("statements that are kept ready serve queries that overlap, and a table that is changed", async () => {
  const database = openSqlite<{ thing: { id: number; more?: string } }>(":memory:");
  await sql`create table thing (id integer primary key)`.execute(database);
  const all = () => database.selectFrom("thing").selectAll().orderBy("id");
  for (const id of [1, 2, 3]) await database.insertInto("thing").values({ id }).execute();
  const streamed: number[] = [];
  for await (const { id } of all().stream()) {
    streamed.push(id);
    if (id === 1) void all().execute();
  }
  expect(streamed).toEqual([1, 2, 3]);
  await sql`alter table thing add column more text not null default 'm'`.execute(database);
  expect(await all().executeTakeFirst()).toEqual({ id: 1, more: "m" });
  // More texts than are kept.
  for (let id = 1; id <= 300; id++) {
    const one = sql.raw(`select ${id} as id`).execute(database);
    expect((await one).rows).toEqual([{ id }]);
  }
  expect(await all().execute()).toHaveLength(3);
  await database.destroy();
});

test("a full disk is an outage of the database, and over when there is room again", async () => {
  const database = openSqlite<{ thing: { text: string } }>(":memory:");
  const write = () =>
    database
      .insertInto("thing")
      .values({ text: "x".repeat(64 * 1024) })
      .execute();
  await sql`create table thing (text text not null)`.execute(database);
  await sql`pragma max_page_count = 8`.execute(database);
  await expect(write()).rejects.toMatchObject({ code: Code.Unavailable });
  await sql`pragma max_page_count = 1000`.execute(database);
  await write();
  await database.destroy();
});
