import { isScope, scopeCatalog } from "@k8shell/contract";
import type { ScopeCatalog } from "@k8shell/sdk";
import { expect, test } from "vitest";
import { rightsOf, rightsProblem, scopesOf } from "../src/account/tokens/workspace-limit.ts";

const catalog = JSON.parse(JSON.stringify(scopeCatalog)) as ScopeCatalog;

test("rights that are about workspaces are limited to the chosen ones, others stay, and the form reads them back", () => {
  const rights = {
    scopes: ["user:read:profile:self", "workspace:*:self", "session:list"],
    workspaces: ["a", "b"],
  };
  const scopes = scopesOf(catalog, rights);
  expect(scopes).toEqual([
    "user:read:profile:self",
    "workspace:*:self@a",
    "workspace:*:self@b",
    "session:list@a",
    "session:list@b",
  ]);
  expect(scopes.every(isScope)).toBe(true);
  expect(rightsOf(catalog, scopes)).toEqual(rights);
  expect(scopesOf(catalog, { ...rights, workspaces: undefined })).toEqual(rights.scopes);
});

test.each([
  [["workspace:read@a", "workspace:files@b"]],
  [["workspace:read@a", "workspace:files@a", "workspace:files@b"]],
  [["workspace:read@a", "workspace:list"]],
  [["workspace:read@a", "*"]],
  [["workspace:read", "user:list"]],
])("%j is given back as it is, because one choice of workspaces does not say it", (scopes) => {
  const rights = rightsOf(catalog, scopes);
  expect(rights).toEqual({ scopes, workspaces: undefined });
  expect(scopesOf(catalog, rights)).toEqual(scopes);
});

test("a limit that would not hold is a problem", () => {
  const problem = (scopes: string[], workspaces?: string[]) => rightsProblem(catalog, { scopes, workspaces });
  expect(problem([])).toBe("tokens.noScope");
  expect(problem(["*"])).toBeUndefined();
  expect(problem(["*"], ["a"])).toBe("tokens.limit.everything");
  expect(problem(["workspace:read"], [])).toBe("tokens.limit.none");
  expect(problem(["user:list"], ["a"])).toBe("tokens.limit.idle");
  expect(problem(["workspace:read", "user:list"], ["a"])).toBeUndefined();
});
