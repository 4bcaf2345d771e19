import { expect, it } from "vitest";
import { baseName, joinPath, parsePlace } from "./workspace-path.ts";

it("a word before a colon is a workspace", () => {
  expect(parsePlace("dev:src/a.ts")).toEqual({ kind: "workspace", workspace: "dev", path: "src/a.ts" });
  expect(parsePlace("dev:")).toEqual({ kind: "workspace", workspace: "dev", path: "." });
  expect(parsePlace("dev:/etc/x:y")).toEqual({ kind: "workspace", workspace: "dev", path: "/etc/x:y" });
});

it("a colon behind a slash, or at the beginning, is part of a local name", () => {
  expect(parsePlace("./a:b")).toEqual({ kind: "local", path: "./a:b" });
  expect(parsePlace("/tmp/a:b")).toEqual({ kind: "local", path: "/tmp/a:b" });
  expect(parsePlace(":a")).toEqual({ kind: "local", path: ":a" });
  expect(parsePlace("notes.txt")).toEqual({ kind: "local", path: "notes.txt" });
});

it("places without a name have none", () => {
  for (const path of [".", "..", "/", "~", "", "a/.."]) expect(baseName(path)).toBeUndefined();
  expect(baseName("a/b/")).toBe("b");
  expect(joinPath(".", "x")).toBe("x");
  expect(joinPath("/a/", "x")).toBe("/a/x");
});
