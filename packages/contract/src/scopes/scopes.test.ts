import { describe, expect, it } from "vitest";
import {
  exactScopes,
  isScope,
  scopeCatalog,
  scopeReach,
  scopesAllow,
  uncoveredScopes,
  wildcardPrefixes,
} from "./index.ts";

// Written out on its own, from the tables of grpc-behaviour section 2, not computed from the code under test.
const exact = `
workspace:list workspace:create workspace:read workspace:delete workspace:files
workspace:connect:webshell workspace:connect:webfiles workspace:connect:portforward
workspace:app:read workspace:app:install workspace:app:start workspace:app:stop
session:list user:list
user:read:profile user:read:blueprints user:read:roles user:read:keys user:read:repos user:read:envvars
user:read:credentials:kubernetes user:read:credentials:git user:read:credentials:registry
user:write:profile user:write:roles user:write:keys user:write:sudo user:write:locked user:write:org
user:write:posix user:write:password user:write:envvars
user:write:credentials:kubernetes user:write:credentials:git user:write:credentials:registry
token:read token:create token:write token:delete role:list role:create role:delete role:update
org:list org:create org:delete org:update org:envvar:read org:envvar:write blueprints:read audit:list
`
  .trim()
  .split(/\s+/);

const wildcards = `
workspace:* workspace:connect:* workspace:app:* session:* user:* user:read:* user:read:credentials:* user:write:*
user:write:credentials:* token:* role:* org:* org:envvar:*
`
  .trim()
  .split(/\s+/);

const withoutSelf = `
* session:* user:* user:write:* user:write:credentials:* role:* org:* org:envvar:* user:list
user:write:sudo user:write:locked user:write:org user:write:posix
role:list role:create role:delete role:update org:list org:create org:delete org:update
org:envvar:read org:envvar:write blueprints:read audit:list
`
  .trim()
  .split(/\s+/);

const withSelf = ["*", ...exact, ...wildcards].filter((scope) => !withoutSelf.includes(scope));

describe("a scope", () => {
  it("is one of the documented ones and no other", () => {
    expect([...exactScopes].sort()).toEqual([...exact].sort());
    expect(wildcardPrefixes.map((prefix) => `${prefix}:*`).sort()).toEqual([...wildcards].sort());
  });

  it.each(["*", ...exact, ...wildcards])("%s may be given to a token", (scope) => {
    expect(isScope(scope)).toBe(true);
  });

  it.each(withSelf)("%s may be limited to a caller's own things", (scope) => {
    expect(isScope(`${scope}:self`)).toBe(true);
    expect(isScope(`${scope}:self:self`)).toBe(false);
  });

  it.each(withoutSelf)("%s cannot take :self", (scope) => {
    expect(isScope(`${scope}:self`)).toBe(false);
  });

  it.each([
    "",
    "self",
    ":self",
    "**",
    "workspace",
    "workspace:connect",
    "workspace:connect:self",
    "workspace:app",
    "workspace:provision",
    "user:read:sessions",
    "user:read:credentials",
    "user:write:blueprints",
    "user:write:blueprints:self",
    "user:create",
    "user:delete",
    "session:start",
    "org:read",
    "onboardrule:list",
    "blueprints:*",
    "audit:*",
    "workspace:read:*",
    "Workspace:read",
    "workspace:read ",
    "*@alice-1",
    "session:*@alice-1",
    "user:read:profile@alice-1",
    "workspace:read@",
    "workspace:read@*",
    "workspace:read@alice 1",
    "workspace:read@alice-1/x",
    "workspace:read@alice-1:self ",
    "@alice-1",
    "constructor",
    "__proto__",
  ])("%j is not a scope", (scope) => {
    expect(isScope(scope)).toBe(false);
  });
});

describe("a scope that names a workspace", () => {
  it.each([
    "workspace:*",
    "workspace:read",
    "workspace:read:self",
    "workspace:connect:*",
    "session:list:self",
  ])("%s may", (scope) => {
    expect(isScope(`${scope}@alice-1`)).toBe(true);
  });

  it("allows in that workspace alone", () => {
    const scopes = ["workspace:read@alice-1", "workspace:app:*@alice-2", "workspace:files:self@alice-1"];
    expect(scopesAllow(scopes, "workspace:read", false, "alice-1")).toBe(true);
    expect(scopesAllow(scopes, "workspace:read", true, "alice-2")).toBe(false);
    expect(scopesAllow(scopes, "workspace:app:start", false, "alice-2")).toBe(true);
    expect(scopesAllow(scopes, "workspace:files", true, "alice-1")).toBe(true);
    expect(scopesAllow(scopes, "workspace:files", false, "alice-1")).toBe(false);
    expect(scopesAllow(scopes, "workspace:read", true)).toBe(false);
    expect(scopesAllow([...scopes, "workspace:*"], "workspace:read", false, "bob-1")).toBe(true);
  });

  it("reaches the workspaces that are named, everywhere with one that names none, and else nowhere", () => {
    const scopes = ["workspace:list@a", "workspace:*@b", "workspace:read@c"];
    expect(scopeReach(scopes, "workspace:list", false)).toEqual(new Set(["a", "b"]));
    expect(scopeReach([...scopes, "workspace:list"], "workspace:list", false)).toBe("everywhere");
    expect(scopeReach(scopes, "user:list", false)).toBeUndefined();
  });

  it("covers itself and what is narrower, and is covered by what is wider", () => {
    expect(uncoveredScopes(["workspace:read@a"], ["workspace:*@a"])).toEqual([]);
    expect(uncoveredScopes(["workspace:read:self@a"], ["workspace:read"])).toEqual([]);
    for (const scope of ["workspace:read@b", "workspace:read", "workspace:*", "*"]) {
      expect(uncoveredScopes([scope], ["workspace:read@a"])).toEqual([scope]);
    }
  });
});

describe("scopes", () => {
  it.each(exact)("%s allows itself on anybody's things, and nothing else", (scope) => {
    for (const action of exact) expect(scopesAllow([scope], action, false)).toBe(action === scope);
  });

  it.each(exact.filter((scope) => withSelf.includes(scope)))(
    "%s:self allows it on own things only",
    (scope) => {
      expect(scopesAllow([`${scope}:self`], scope, true)).toBe(true);
      expect(scopesAllow([`${scope}:self`], scope, false)).toBe(false);
    },
  );

  it.each(wildcards)("%s allows exactly the actions below its prefix", (scope) => {
    const prefix = scope.slice(0, -1);
    for (const action of [...exact, "user:create", "session:start", "org:read", "workspace:provision"]) {
      expect(scopesAllow([scope], action, false)).toBe(action.startsWith(prefix));
    }
  });

  it("with * allow everything, also actions without a scope of their own", () => {
    for (const action of [...exact, "user:create", "onboardrule:list"])
      expect(scopesAllow(["*"], action, false)).toBe(true);
  });

  it("allow when any of them does", () => {
    expect(scopesAllow(["session:list", "workspace:read:self"], "workspace:read", true)).toBe(true);
    expect(scopesAllow([], "workspace:read", true)).toBe(false);
  });

  it("of a workspace's own token reach its credentials and nobody else's", () => {
    const scopes = [
      "session:list:self",
      "user:read:profile:self",
      "user:read:credentials:*:self",
      "workspace:delete:self",
    ];
    expect(scopesAllow(scopes, "user:read:credentials:git", true)).toBe(true);
    expect(scopesAllow(scopes, "user:read:credentials:git", false)).toBe(false);
    expect(scopesAllow(scopes, "workspace:read", true)).toBe(false);
  });

  it("in older spellings still work on tokens that have them", () => {
    expect(scopesAllow(["user:read:credentials"], "user:read:credentials:git", false)).toBe(true);
    expect(scopesAllow(["user:read:credentials:self"], "user:read:credentials:git", false)).toBe(false);
    expect(scopesAllow(["user:read:sessions"], "session:list", false)).toBe(true);
    expect(scopesAllow(["constructor"], "session:list", false)).toBe(false);
  });

  it("do not match by a shared beginning of a word", () => {
    expect(scopesAllow(["org:*"], "organization:list", false)).toBe(false);
    expect(scopesAllow(["workspace:app:*"], "workspace:apple:read", false)).toBe(false);
  });
});

describe("passing scopes on to a new token", () => {
  it("is covered by *, by the same scope and by a wider wildcard", () => {
    expect(uncoveredScopes(["*", "workspace:*", "user:list"], ["*"])).toEqual([]);
    expect(uncoveredScopes(["workspace:read", "workspace:read:self"], ["workspace:read"])).toEqual([]);
    expect(uncoveredScopes(["workspace:app:*", "workspace:app:read:self"], ["workspace:*"])).toEqual([]);
  });

  it("is refused for anything wider", () => {
    expect(uncoveredScopes(["workspace:*", "workspace:read"], ["workspace:read"])).toEqual(["workspace:*"]);
    expect(uncoveredScopes(["workspace:read"], ["workspace:read:self"])).toEqual(["workspace:read"]);
    expect(uncoveredScopes(["*"], ["workspace:*", "user:*"])).toEqual(["*"]);
    expect(uncoveredScopes(["user:*"], ["user:read:*"])).toEqual(["user:*"]);
  });
});

describe("the scope catalogue", () => {
  const entries = scopeCatalog.domains.flatMap((domain) => [
    ...(domain.wildcard ? [domain.wildcard] : []),
    ...domain.actions.flatMap((action) => action.entries),
  ]);

  it("lists every scope once", () => {
    expect([scopeCatalog.global, ...entries].map((entry) => entry.scope).sort()).toEqual(
      ["*", ...exact, ...wildcards].sort(),
    );
  });

  it("says where :self is accepted, and only there", () => {
    for (const entry of [scopeCatalog.global, ...entries]) {
      expect(entry.constraints).toEqual(withSelf.includes(entry.scope) ? ["self"] : undefined);
      expect(entry.wildcard).toBe(wildcards.includes(entry.scope));
      expect(entry.label).not.toBe("");
    }
  });

  it("has its domains in order, the last two without a wildcard", () => {
    expect(scopeCatalog.domains.map((domain) => domain.domain)).toEqual([
      "workspace",
      "session",
      "user",
      "token",
      "role",
      "org",
      "blueprints",
      "audit",
    ]);
    expect(scopeCatalog.domains.map((domain) => domain.wildcard !== undefined)).toEqual([
      true,
      true,
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it("groups actions as documented, a group's wildcard last", () => {
    const actions = (name: string) =>
      scopeCatalog.domains.find((domain) => domain.domain === name)?.actions.map((action) => action.action);
    expect(actions("workspace")).toEqual(["list", "create", "read", "delete", "files", "connect", "app"]);
    expect(actions("user")).toEqual(["list", "read", "read:credentials", "write", "write:credentials"]);
    for (const action of scopeCatalog.domains.flatMap((domain) => domain.actions)) {
      const at = action.entries.findIndex((entry) => entry.wildcard);
      expect([-1, action.entries.length - 1]).toContain(at);
    }
  });
});
