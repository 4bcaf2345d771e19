import { FilterOp, Operator, SortDir } from "@k8shell/contract/gen/query/v1/query_pb.js";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { openSqlite } from "../storage/sqlite.ts";
import { parseDateTime } from "./datetime.ts";
import { createQueryEngine } from "./engine.ts";
import { matchesGlob } from "./glob.ts";
import { toSql } from "./sql.ts";

interface Person {
  name: string;
  age?: number;
  admin: boolean;
  roles: string[];
  seen?: Date;
  memory: string;
}

const now = Date.parse("2026-05-31T12:00:00Z");
const people: Person[] = [
  {
    name: "Alice",
    age: 30,
    admin: true,
    roles: ["admin", "dev"],
    seen: new Date("2026-05-30T10:00:00Z"),
    memory: "2Gi",
  },
  {
    name: "bob",
    age: 20,
    admin: false,
    roles: ["dev"],
    seen: new Date("2026-05-31T11:59:00Z"),
    memory: "512Mi",
  },
  { name: "carol_x", admin: false, roles: [], memory: "1Gi" },
];
const gibi = (text: string) =>
  text.endsWith("Gi")
    ? Number.parseFloat(text) * 1024
    : text.endsWith("Mi")
      ? Number.parseFloat(text)
      : undefined;

const engine = createQueryEngine<Person>({
  resource: "people",
  fields: [
    { name: "name", type: "string", value: (p) => p.name },
    { name: "age", type: "number", value: (p) => p.age },
    { name: "admin", type: "boolean", value: (p) => p.admin },
    { name: "roles", type: "string", value: (p) => p.roles, operators: [Operator.IN] },
    { name: "seen", type: "datetime", value: (p) => p.seen },
    { name: "memory", type: "string", value: (p) => p.memory, quantity: gibi },
  ],
  defaultSort: ["name"],
  page: { defaultLimit: 50, maxLimit: 100 },
  obligations: { roles: (p, values) => p.roles.some((role) => values.includes(role)) },
  now: () => now,
});

const where = (field: string, op: Operator, ...values: string[]) => ({
  filters: { op: FilterOp.AND, conditions: [{ field, op, values }] },
});
const names = (payload: Parameters<typeof engine.apply>[1]) =>
  engine.apply(people, payload).map((p) => p.name);

describe("filters", () => {
  test.each([
    ["text equality ignores case", where("name", Operator.EQ, "ALICE"), ["Alice"]],
    ["text equality takes globs", where("name", Operator.EQ, "*o?"), ["bob"]],
    ["an underscore in text is not a wildcard", where("name", Operator.EQ, "carol_?"), ["carol_x"]],
    ["text inequality takes globs", where("name", Operator.NE, "b*"), ["Alice", "carol_x"]],
    ["a list field matches when one element is named", where("roles", Operator.IN, "admin", "qa"), ["Alice"]],
    ["numbers compare by value", where("age", Operator.GTE, "30"), ["Alice"]],
    ["a missing number is unequal", where("age", Operator.NE, "30"), ["bob", "carol_x"]],
    ["booleans are true or false", where("admin", Operator.EQ, "false"), ["bob", "carol_x"]],
    ["EXISTS without a value means present", where("seen", Operator.EXISTS), ["Alice", "bob"]],
    ["EXISTS false means absent", where("seen", Operator.EXISTS, "false"), ["carol_x"]],
    ["a day equals every moment of it", where("seen", Operator.EQ, "yesterday"), ["Alice"]],
    ["after a day excludes that day", where("seen", Operator.GT, "2026-05-30"), ["bob"]],
    ["relative moments move with the clock", where("seen", Operator.GTE, "now-2m"), ["bob"]],
    ["quantities compare by amount", where("memory", Operator.GT, "600Mi"), ["Alice", "carol_x"]],
  ])("%s", (_title, payload, expected) => expect(names(payload)).toEqual(expected));

  test("OR takes items that satisfy any condition", () => {
    const conditions = [
      { field: "name", op: Operator.EQ, values: ["bob"] },
      { field: "admin", op: Operator.EQ, values: ["true"] },
    ];
    expect(names({ filters: { op: FilterOp.OR, conditions } })).toEqual(["Alice", "bob"]);
  });

  test.each([
    ["an unknown field", where("nope", Operator.EQ, "x")],
    ["an operator the field does not take", where("name", Operator.GT, "x")],
    ["no operator", where("name", Operator.UNSPECIFIED, "x")],
    ["two values for EQ", where("name", Operator.EQ, "x", "y")],
    ["no value for IN", where("name", Operator.IN)],
    ["text for a number", where("age", Operator.EQ, "old")],
    ["an empty number", where("age", Operator.EQ, "")],
    ["text for a boolean", where("admin", Operator.EQ, "yes")],
    ["an impossible date", where("seen", Operator.GT, "2026-02-30")],
    ["a bad EXISTS value", where("seen", Operator.EXISTS, "maybe")],
    ["an unknown sort field", { sort: [{ field: "nope" }] }],
  ])("%s is an invalid argument", (_title, payload) =>
    expect(() => engine.apply(people, payload)).toThrow(
      expect.objectContaining({ status: "InvalidArgument" }),
    ),
  );
});

describe("sorting and paging", () => {
  test("the default sort ignores case", () => expect(names(undefined)).toEqual(["Alice", "bob", "carol_x"]));
  test("items without the sort field come last in both directions", () => {
    expect(names({ sort: [{ field: "age", dir: SortDir.ASC }] })).toEqual(["bob", "Alice", "carol_x"]);
    expect(names({ sort: [{ field: "age", dir: SortDir.DESC }] })).toEqual(["Alice", "bob", "carol_x"]);
  });
  test("a page is cut after sorting", () =>
    expect(names({ page: { limit: 1, offset: 1 }, sort: [{ field: "name", dir: SortDir.DESC }] })).toEqual([
      "bob",
    ]));
  test("limits fall back to the default and stop at the maximum", () => {
    const many = Array.from({ length: 150 }, (_, i) => ({ ...people[0], name: `p${i}` }) as Person);
    expect(engine.apply(many).length).toBe(50);
    expect(engine.apply(many, { page: { limit: 1000 } }).length).toBe(100);
    const unpaged = createQueryEngine<Person>({ resource: "people", fields: [], defaultSort: [] });
    expect(unpaged.apply(many).length).toBe(150);
  });
});

describe("obligations", () => {
  test("an obligation narrows the list whatever the filters ask for", () => {
    const payload = { ...where("name", Operator.EQ, "*"), obligations: { roles: '["admin"]' } };
    expect(names(payload)).toEqual(["Alice"]);
    expect(names({ obligations: { roles: "[]" } })).toEqual([]);
    expect(names({ obligations: { roles: "dev" } })).toEqual(["Alice", "bob"]);
  });
  test.each<Record<string, string>>([{ planet: "mars" }, { roles: "[1]" }, { roles: "[" }])(
    "an obligation that cannot be enforced refuses the query: %o",
    (obligations) =>
      expect(() => engine.apply(people, { obligations })).toThrow(
        expect.objectContaining({ status: "PermissionDenied" }),
      ),
  );
});

test("the descriptor lists the fields with their operators and the default sort", () => {
  expect(engine.descriptor.resource).toBe("people");
  expect(engine.descriptor.fields.map((field) => field.name)).toEqual([
    "name",
    "age",
    "admin",
    "roles",
    "seen",
    "memory",
  ]);
  expect(engine.descriptor.fields[3]?.operators).toEqual([Operator.IN]);
  expect(engine.descriptor.defaultSort).toMatchObject([{ field: "name", dir: SortDir.ASC }]);
});

test.each([
  ["now", 0],
  ["now-90s", -90_000],
  ["now - 1h + 5m", -3_600_000 + 300_000],
  ["today", -12 * 3_600_000],
  ["lastweek", -12 * 3_600_000 - 7 * 86_400_000],
  ["now-1M", Date.parse("2026-04-30T12:00:00Z") - now],
  ["now-1y", Date.parse("2025-05-31T12:00:00Z") - now],
  ["2026-05-31T14:00:00+02:00", 0],
])("the datetime %s is read relative to the clock", (text, offset) =>
  expect((parseDateTime(text, now)?.from ?? Number.NaN) - now).toBe(offset),
);

test.each(["", "tomorrow", "now-", "now-1x", "2026-13-01", "2026-05-31T25:00:00Z", "2026-05-31T10:00:00"])(
  "the datetime %j is refused",
  (text) => expect(parseDateTime(text, now)).toBeUndefined(),
);

test("a hostile glob is matched without blowing up", () => {
  expect(matchesGlob(`${"*a".repeat(200)}b`, "a".repeat(2000))).toBe(false);
  expect(matchesGlob("", "")).toBe(true);
  expect(matchesGlob("*", "")).toBe(true);
  expect(matchesGlob("?", "")).toBe(false);
});

test("SQL answers every query as the list in memory does", async () => {
  const database = openSqlite<Record<string, never>>(":memory:");
  await sql`create table person (name text, age integer, admin integer, seen integer)`.execute(database);
  for (const { name, age, admin, seen } of people)
    await sql`insert into person values (${name}, ${age ?? null}, ${Number(admin)}, ${seen?.getTime() ?? null})`.execute(
      database,
    );
  const columns = {
    name: sql.ref("name"),
    age: sql.ref("age"),
    admin: sql.ref("admin"),
    seen: sql.ref("seen"),
  };
  const queries = [
    undefined,
    where("name", Operator.EQ, "*o?"),
    where("name", Operator.EQ, "carol_?"),
    where("name", Operator.NE, "b*"),
    where("name", Operator.IN, "ALICE", "bob"),
    where("name", Operator.EXISTS, "false"),
    where("age", Operator.NE, "30"),
    where("age", Operator.IN, "30", "20"),
    where("age", Operator.LT, "30"),
    where("admin", Operator.EQ, "false"),
    where("seen", Operator.EQ, "yesterday"),
    where("seen", Operator.GT, "2026-05-30"),
    where("seen", Operator.LTE, "2026-05-30"),
    where("seen", Operator.EXISTS, "false"),
    { sort: [{ field: "age", dir: SortDir.DESC }], page: { limit: 2, offset: 1 } },
  ];
  for (const payload of queries) {
    const query = toSql(engine.parse(payload), columns);
    const { rows } = await sql<{ name: string }>`select name from person where ${query.where}
      order by ${query.orderBy} limit ${query.limit ?? -1} offset ${query.offset}`.execute(database);
    expect(rows.map((row) => row.name)).toEqual(names(payload));
  }
  await database.destroy();
});
