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
