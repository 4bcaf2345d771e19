import { expect, test } from "vitest";
import { actions } from "../../src/authz/actions.ts";
import { about, type Request, startAuthz, tokenOf } from "./harness.ts";

/**
 * Who may do what by the default policy. The resource belongs to alice of organization acme; one letter per caller who
 * is allowed: o alice herself, c bob (colleague), x zoe (stranger), a boss (admin of acme), z zed (admin of zeta),
 * A root (admin of the platform).
 */
const callers = { o: "alice", c: "bob", x: "zoe", a: "boss", z: "zed", A: "root" } as const;

const owner = { owner: "alice" };
const workspace = (action: string, context: Record<string, string> = {}): Request =>
  about(action, { id: "alice-59936c3", attributes: owner, context });
const account = (action: string, context: Record<string, string> = {}): Request =>
  about(action, { id: "alice", context });
const tokens = (action: string, context: Record<string, string> = {}): Request =>
  about(action, { attributes: owner, context });
const ofOrg = (action: string): Request => about(action, { id: "acme" });
const role = (action: string): Request => about(action, { id: "tester", attributes: { org: "acme" } });
const rule = (action: string): Request =>
  about(action, { id: "7", attributes: { org: "acme", idp: "local" } });

const table: ReadonlyArray<readonly [Request, string]> = [
  [about("workspace:list"), "ocxazA"],
  [about("workspace:list", { attributes: owner }), "oaA"],
  [workspace("workspace:create", { mode: "standalone" }), "oaA"],
  [workspace("workspace:create", { mode: "inject" }), "oaA"],
  [workspace("workspace:read"), "oaA"],
  [workspace("workspace:delete"), "oaA"],
  [workspace("workspace:connect", { type: "webshell" }), "oaA"],
  [workspace("workspace:connect", { type: "webfiles" }), "oaA"],
  [workspace("workspace:connect", { type: "portforward", port: "8080" }), "oaA"],
  [workspace("workspace:files", { op: "download" }), "oaA"],
  [workspace("workspace:files", { op: "upload" }), "oaA"],
  ...["read", "install", "start", "stop"].map((op) => [workspace("workspace:app", { op }), "oaA"] as const),
  [workspace("workspace:provision", { blueprint: "dev", mode: "standalone" }), "oaA"],
  ...["shell", "tcpip", "exec", "sftp"].map(
    (session_type) =>
      [workspace("session:start", { session_type, session_source: "api-server" }), "oaA"] as const,
  ),
  [about("session:list"), "ocxazA"],
  [about("session:list", { id: "alice-59936c3", attributes: owner }), "oaA"],
  ...["shell", "exec", "sftp", "direct-tcpip", "direct-streamlocal", "agent-forward"].map(
    (kind) => [workspace(`ssh:${kind}`), "oaA"] as const,
  ),

  [about("user:list"), "ocxazA"],
  [about("user:exists", { context: { field: "username" } }), "azA"],
  [about("user:exists", { context: { field: "email" } }), "azA"],
  [about("user:create", { id: "newcomer", attributes: { org: "acme" } }), "aA"],
  [account("user:delete"), "aA"],
  [about("user:auth", { id: "alice", attributes: { idp: "local" }, context: { surface: "web" } }), "o"],
  [about("user:auth", { id: "alice", attributes: { idp: "local" }, context: { surface: "ssh" } }), "o"],
  ...["profile", "blueprints", "roles", "keys", "repos", "envvars"].map(
    (data_type) => [account("user:read", { data_type }), "oaA"] as const,
  ),
  ...["git", "registry", "kubernetes"].flatMap((credential_type) => {
    const context = { data_type: "credentials", credential_type };
    return [
      [account("user:read", context), "oaA"] as const,
      [account("user:write", context), "oaA"] as const,
    ];
  }),
  ...["profile", "keys", "password", "envvars"].map(
    (data_type) => [account("user:write", { data_type }), "oaA"] as const,
  ),
  ...["roles", "sudo", "locked"].map((data_type) => [account("user:write", { data_type }), "aA"] as const),
  ...["org", "posix"].map((data_type) => [account("user:write", { data_type }), "A"] as const),

  [tokens("token:read"), "oaA"],
  [tokens("token:create", { source: "api" }), "oaA"],
  [tokens("token:create", { source: "web-flow" }), "oaA"],
  [tokens("token:write"), "oaA"],
  [tokens("token:delete"), "oaA"],

  [about("role:list"), "ocxazA"],
  [role("role:create"), "aA"],
  [role("role:update"), "aA"],
  [role("role:delete"), "aA"],
  [about("org:list"), "ocxazA"],
  [ofOrg("org:read"), "ocaA"],
  [ofOrg("org:create"), "A"],
  [ofOrg("org:update"), "aA"],
  [ofOrg("org:delete"), "A"],
  [ofOrg("org:envvar:read"), "aA"],
  [ofOrg("org:envvar:write"), "aA"],
  [about("onboardrule:list", { attributes: { org: "acme" } }), "aA"],
  [about("onboardrule:list"), "A"],
  [rule("onboardrule:create"), "aA"],
  [rule("onboardrule:update"), "aA"],
  [rule("onboardrule:delete"), "aA"],
  [about("blueprints:read"), "azA"],
  [about("audit:list"), "azA"],
];

const title = ({ action, context, resource }: Request): string =>
  `${action} ${JSON.stringify({ ...context, ...resource?.attributes })}`;

test("the table below covers every action", () => {
  expect(new Set(table.map(([request]) => request.action))).toEqual(new Set(actions.keys()));
});

test("the default policy allows what its table says, and nothing else", async () => {
  const { client } = await startAuthz();
  const found: Record<string, string> = {};
  for (const [request] of table) {
    let allowed = "";
    for (const [letter, username] of Object.entries(callers)) {
      const response = await client.evaluate({ ...request, token: tokenOf(username) });
      expect(response.reason, title(request)).not.toBe("");
      if (response.allowed) allowed += letter;
      else expect(response.obligations).toEqual({});
    }
    found[title(request)] = allowed;
  }
  expect(found).toEqual(Object.fromEntries(table.map(([request, allowed]) => [title(request), allowed])));
});

test("an administrator of an organization has no power over an administrator of the platform in it", async () => {
  const { client } = await startAuthz();
  const token = tokenOf("boss");
  const attempts = [
    about("user:write", { id: "root", context: { data_type: "password" } }),
    about("user:write", { id: "root", context: { data_type: "roles" } }),
    about("user:delete", { id: "root" }),
    about("token:create", { attributes: { owner: "root" }, context: { source: "api" } }),
    about("workspace:connect", { id: "w", attributes: { owner: "root" }, context: { type: "webshell" } }),
    about("user:read", { id: "root", context: { data_type: "credentials", credential_type: "git" } }),
  ];
  for (const attempt of attempts) {
    expect((await client.evaluate({ ...attempt, token })).allowed, title(attempt)).toBe(false);
  }
});

test("nobody but an administrator of the platform changes a built-in role", async () => {
  const { client } = await startAuthz();
  const create = (id: string) => about("role:create", { id, attributes: { org: "acme" } });
  const denied = await client.evaluate({ ...create("admin"), token: tokenOf("boss") });
  expect(denied).toMatchObject({
    allowed: false,
    reason: "Built-in roles belong to the administrators of the platform.",
  });
  expect((await client.evaluate({ ...create("org-admin"), token: tokenOf("boss") })).allowed).toBe(false);
  expect((await client.evaluate({ ...create("admin"), token: tokenOf("root") })).allowed).toBe(true);
});

test("an administrator of an organization cannot raise themself", async () => {
  const { client } = await startAuthz();
  for (const data_type of ["roles", "sudo", "locked", "org", "posix"]) {
    const request = about("user:write", { id: "boss", context: { data_type } });
    expect((await client.evaluate({ ...request, token: tokenOf("boss") })).allowed, data_type).toBe(false);
  }
});

test("the organization of a user is Identity's word, not the request's", async () => {
  const { client } = await startAuthz();
  const lie = about("user:delete", { id: "alice", attributes: { org: "zeta" } });
  expect((await client.evaluate({ ...lie, token: tokenOf("zed") })).allowed).toBe(false);
});

test("a caller without an organization shares it with nobody", async () => {
  const { client, identity } = await startAuthz();
  identity.people.ghost = { org: "", roles: [] };
  const token = tokenOf("drifter", { org: "", roles: ["org-admin"] });
  const about1 = about("workspace:read", { id: "w", attributes: { owner: "ghost" } });
  expect((await client.evaluate({ ...about1, token })).allowed).toBe(false);
  expect((await client.evaluate({ ...about("user:list"), token })).allowed).toBe(false);
  expect((await client.evaluate({ ...about("org:update", { id: "x" }), token })).allowed).toBe(false);
});

test("names that differ only by look or case are different people", async () => {
  const { client } = await startAuthz();
  for (const name of ["Alice", "alice ", "alice\u0000", "alic\u0435", '"alice"']) {
    const request = about("workspace:read", { id: "w", attributes: { owner: "alice" } });
    expect((await client.evaluate({ ...request, token: tokenOf(name) })).allowed).toBe(false);
  }
});
