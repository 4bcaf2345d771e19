import { expect, test } from "vitest";
import { createMethodTable } from "./method-table.ts";

test("tells the methods of a path, by every pattern that matches it", () => {
  const table = createMethodTable();
  table.add("/users", ["GET", "HEAD"]);
  table.add("/users/:name", ["GET"]);
  table.add("/users/:name", ["DELETE"]);
  table.add("/users/me", ["PATCH"]);
  table.add("/docs/*", ["OPTIONS"]);
  expect(table.of("/users")).toEqual(["GET", "HEAD"]);
  expect(table.of("/users/")).toEqual(["GET", "HEAD"]);
  expect(table.of("/users/alice/")).toEqual(["DELETE", "GET"]);
  expect(table.of("/users/me")).toEqual(["DELETE", "GET", "PATCH"]);
  expect(table.of("/docs/a/b")).toEqual(["OPTIONS"]);
  expect(table.of("/users/alice/keys")).toEqual([]);
  expect(table.of("/")).toEqual([]);
  expect(table.of("/docs/*")).toEqual(["OPTIONS"]);
});
