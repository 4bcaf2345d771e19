import { beforeAll, describe, expect, test } from "vitest";
import type { Credentials } from "../assembled.ts";
import { list, object, text } from "./go-json.ts";
import {
  accessToken,
  accessTokenCreated,
  capability,
  sshSession,
  user,
  userAuthKey,
  userCredential,
  userProfile,
} from "./objects.ts";
import { expectRows, usePlatform } from "./platform.ts";

/** rest-contract 1.2: what shipped clients use beyond the specification. */

const platform = usePlatform();
const { call, admin } = platform;
let ann: Credentials;
let bob: Credentials;
let olga: Credentials;
beforeAll(async () => {
  ann = await platform.person("ann");
  bob = await platform.person("bob");
  olga = await platform.person("olga", { roles: ["org-admin"] });
});

test("GET /sessions: the caller's, a user's, or everybody's", async () => {
  await expectRows(platform, ann, [
    ["GET", "/sessions", 200, list(sshSession)],
    ["GET", "/sessions?username=ann&workspace=ann-59936c3&last_n=100", 200, list(sshSession)],
    ["GET", "/sessions?username=bob", 403],
    ["GET", "/sessions?all=true", 200, list(sshSession)],
    ["GET", "/sessions?last_n=x", 400],
  ]);
});

describe("users", () => {
  test("create, change and delete", async () => {
    const full = {
      username: "Carl",
      org: "default",
      fullname: "Carl C.",
      email: "carl@example.com",
      password: "correct horse battery",
      roles: ["developer"],
      shell: "/bin/bash",
      sudo: true,
      locked: false,
      uid: 4242,
      gid: 4242,
    };
    await expectRows(platform, admin(), [
      ["POST", "/users", 201, user, full],
      ["POST", "/users", 409, undefined, { username: "carl", org: "default" }],
      ["POST", "/users", 409, undefined, { username: "carl2", org: "default", email: "carl@example.com" }],
      ["POST", "/users", 400, undefined, { username: "dora", org: "nowhere" }],
      ["POST", "/users", 400, undefined, { username: "dora", org: "default", roles: ["no-such-role"] }],
      ["POST", "/users", 400, undefined, { org: "default" }],
      ["PATCH", "/users/carl/profile", 200, user, { fullname: "Carla", sudo: false, roles: [] }],
      ["PATCH", "/users/nobody/profile", 404, undefined, { fullname: "x" }],
      ["GET", "/users/carl/profile", 200, userProfile],
    ]);
    expect((await call("GET", "/users/carl/profile", { as: admin() })).json).toMatchObject({
      username: "carl",
      fullname: "Carla",
      email: "carl@example.com",
      uid: 4242,
      sudo: false,
      roles: [],
      is_valid: true,
      isValid: true,
    });
    await expectRows(platform, admin(), [
      ["DELETE", "/users/carl", 204],
      ["DELETE", "/users/carl", 404],
      ["GET", "/users/carl/profile", 404],
    ]);
  });

  test("only administrators create and delete them; nobody raises themselves", async () => {
    await expectRows(platform, ann, [
      ["POST", "/users", 403, undefined, { username: "zoe", org: "default" }],
      ["DELETE", "/users/bob", 403],
      ["PATCH", "/me/profile", 200, user, { fullname: "Ann A." }],
      ["PATCH", "/me/profile", 403, undefined, { sudo: true }],
      ["PATCH", "/me/profile", 403, undefined, { roles: ["admin"] }],
      ["PATCH", "/users/bob/profile", 403, undefined, { fullname: "x" }],
    ]);
    await expectRows(platform, olga, [
      ["POST", "/users", 201, user, { username: "zoe", org: "default" }],
      ["POST", "/users", 403, undefined, { username: "max", org: "default", roles: ["admin"] }],
      ["DELETE", "/users/zoe", 204],
    ]);
  });

  test("a lock shows in both spellings and ends access at once", async () => {
    const eve = await platform.person("eve");
    await expectRows(platform, admin(), [["PATCH", "/users/eve/profile", 200, user, { locked: true }]]);
    expect((await call("GET", "/me/profile", { as: eve })).status).toBe(403);
    expect((await call("GET", "/users/eve/profile", { as: admin() })).json).toMatchObject({
      account_locked: true,
      locked: true,
    });
    await expectRows(platform, admin(), [["PATCH", "/users/eve/profile", 200, user, { locked: false }]]);
    expect((await call("GET", "/me/profile", { as: eve })).status).toBe(200);
  });

  test("roles are given and taken with a body, also on DELETE", async () => {
    await expectRows(platform, admin(), [
      ["POST", "/users/bob/roles", 200, undefined, { roles: ["developer"] }],
      ["DELETE", "/users/bob/roles", 200, undefined, { roles: ["developer"] }],
      ["POST", "/users/bob/roles", 400, undefined, { roles: [] }],
    ]);
    bob = await platform.token("bob", ["*"]);
  });
});

test("access tokens: made, listed, changed and revoked; the list has camel case", async () => {
  const goTime = "2099-01-02T03:04:05.123456789+02:00";
  await expectRows(platform, ann, [
    [
      "POST",
      "/users/ann/tokens",
      201,
      accessTokenCreated,
      { name: "a", scopes: ["workspace:*:self"], expires_at: goTime },
    ],
    [
      "POST",
      "/me/tokens",
      201,
      accessTokenCreated,
      { name: "b", scopes: ["*"], expires_at: "0001-01-01T00:00:00Z" },
    ],
    ["POST", "/me/tokens", 201, accessTokenCreated, { name: "b", scopes: ["*"], renew: true }],
    ["POST", "/me/tokens", 409, undefined, { name: "b", scopes: ["*"] }],
    ["POST", "/me/tokens", 400, undefined, { name: "c", scopes: [] }],
    ["POST", "/me/tokens", 400, undefined, { name: "c" }],
    ["POST", "/me/tokens", 400, undefined, { name: "c", scopes: ["workspace:provision"] }],
    ["POST", "/me/tokens", 400, undefined, { name: "c", scopes: ["user:*:self"] }],
    ["POST", "/me/tokens", 400, undefined, { name: "c", scopes: ["*"], expires_at: "" }],
    ["POST", "/users/bob/tokens", 403, undefined, { name: "c", scopes: ["*"] }],
    ["GET", "/users/ann/tokens", 200, list(accessToken)],
    ["GET", "/me/tokens", 200, list(accessToken)],
    ["GET", "/users/bob/tokens", 403],
  ]);
  expect((await call("GET", "/users/nobody/tokens", { as: admin() })).status).toBe(404);

  const { json } = await call("GET", "/me/tokens", { as: ann });
  const listed = json as ReadonlyArray<{ id: number; name: string }>;
  expect(listed.find(({ name }) => name === "a")).toMatchObject({
    scopes: ["workspace:*:self"],
    expiresAt: "2099-01-02T01:04:05.123Z",
    lastUsedAt: null,
    isActive: true,
  });
  expect(listed.find(({ name }) => name === "b")).toMatchObject({ expiresAt: null });
  const id = listed.find(({ name }) => name === "a")?.id;
  await expectRows(platform, ann, [
    ["PATCH", `/me/tokens/${id}`, 200, accessToken, { active: false }],
    ["PATCH", `/users/ann/tokens/${id}`, 200, accessToken, { active: true, scopes: ["workspace:list"] }],
    ["PATCH", `/me/tokens/${id}`, 400, undefined, { scopes: [] }],
    ["PATCH", "/me/tokens/999999", 404, undefined, { active: true }],
    ["DELETE", `/me/tokens/${id}`, 204],
    ["DELETE", `/me/tokens/${id}`, 404],
  ]);
});

test("somebody else's token and credential are out of reach through one's own path", async () => {
  const made = await call("POST", "/me/tokens", { as: bob, body: { name: "bobs", scopes: ["*"] } });
  const { id } = made.json as { id: number };
  const body = { scope: "https://git.example", subject: "bob", secret: "x" };
  const credential = (await call("POST", "/me/credentials/git", { as: bob, body })).json as { id: number };
  await expectRows(platform, ann, [
    ["PATCH", `/me/tokens/${id}`, 404, undefined, { active: false }],
    ["DELETE", `/users/ann/tokens/${id}`, 404],
    ["PATCH", `/me/credentials?id=${credential.id}`, 404, undefined, { active: false }],
    ["DELETE", `/users/ann/credentials?id=${credential.id}`, 404],
  ]);
});

test("credentials: added by kind, changed and deleted by ?id=", async () => {
  const git = { scope: "https://github.com", subject: "ann", secret: "one" };
  await expectRows(platform, ann, [
    ["POST", "/users/ann/credentials/git", 201, userCredential, git],
    ["POST", "/users/ann/credentials/git", 409, undefined, git],
    ["POST", "/users/ann/credentials/registry", 201, userCredential, { ...git, scope: "ghcr.io" }],
    ["POST", "/users/ann/credentials/kubernetes", 201, userCredential, { scope: "ns", subject: "default" }],
    ["POST", "/users/ann/credentials/git", 400, undefined, { ...git, secret: "" }],
    ["POST", "/users/ann/credentials/ftp", 405, undefined, git],
    ["POST", "/users/bob/credentials/git", 403, undefined, git],
  ]);
  const { json } = await call("GET", "/me/credentials", { as: ann });
  const id = (json as ReadonlyArray<{ id: number; serviceName: string }>).find(
    ({ serviceName }) => serviceName === "git",
  )?.id;
  const secret = () => call("GET", "/me/credentials/git?scope=https%3A%2F%2Fgithub.com", { as: ann });
  expect((await secret()).json).toMatchObject({ secret: "one", subject: "ann" });
  await expectRows(platform, ann, [
    ["PATCH", `/users/ann/credentials?id=${id}`, 200, userCredential, { secret: "two" }],
    ["PATCH", "/users/ann/credentials", 400, undefined, { active: false }],
    ["PATCH", "/users/ann/credentials?id=4294967295", 404, undefined, { active: false }],
  ]);
  expect((await secret()).json).toMatchObject({ secret: "two" });
  await expectRows(platform, ann, [
    ["PATCH", `/me/credentials?id=${id}`, 200, userCredential, { active: false }],
    ["GET", "/me/credentials/git?scope=https%3A%2F%2Fgithub.com", 404],
    ["DELETE", `/me/credentials?id=${id}`, 204],
    ["DELETE", `/me/credentials?id=${id}`, 404],
  ]);
});

test("SSH keys: added, listed whole or as fingerprints, deleted by index", async () => {
  const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGz3Qw3Hf0bVn1b9m0nXWl2Xw2l1oG9bW4i8q8m7y2Yd ann@laptop";
  await expectRows(platform, ann, [
    ["POST", "/users/ann/keys", 204, undefined, { keys: [key] }],
    ["POST", "/users/ann/keys", 409, undefined, { keys: [key] }],
    ["POST", "/users/ann/keys", 400, undefined, { keys: ["not a key"] }],
    ["GET", "/users/ann/keys", 200, list(userAuthKey)],
    ["GET", "/users/ann/keys?format=digest", 200, list(userAuthKey)],
    ["GET", "/users/bob/keys", 403],
    ["POST", "/users/bob/keys", 403, undefined, { keys: [key] }],
  ]);
  expect((await call("GET", "/me/keys", { as: ann })).json).toEqual([{ index: 0, key, source: "local" }]);
  expect((await call("GET", "/me/keys?format=digest", { as: ann })).json).toEqual([
    { index: 0, key: "SHA256:1bGcxhhrOwO5X+LNU4nGJAnTREWeLtTXHdArLS42+yk", source: "local" },
  ]);
  await expectRows(platform, ann, [
    ["DELETE", "/users/ann/keys/9", 400],
    ["DELETE", "/users/ann/keys/0", 204],
  ]);
});

test("passwords: one's own with the old one, in either spelling; a reset by an administrator", async () => {
  const first = "first long password";
  await expectRows(platform, ann, [
    ["PUT", "/me/password", 200, user, { password: first }],
    ["PUT", "/users/ann/password", 403, undefined, { password: "second password" }],
    [
      "PUT",
      "/users/ann/password",
      403,
      undefined,
      { password: "second password", current_password: "wrong" },
    ],
    ["PUT", "/users/ann/password", 400, undefined, { password: "short", current_password: first }],
    ["PUT", "/users/ann/password", 200, user, { password: "second password", current_password: first }],
    ["PUT", "/me/password", 200, user, { password: first, currentPassword: "second password" }],
    ["PUT", "/users/bob/password", 403, undefined, { password: "second password" }],
    ["DELETE", "/me/password-lockout", 403],
  ]);
  await expectRows(platform, admin(), [
    ["DELETE", "/users/ann/password-lockout", 204],
    ["PUT", "/users/ann/password", 200, user, { password: "set by an administrator" }],
    ["PUT", "/users/nobody/password", 404, undefined, { password: "set by an administrator" }],
  ]);
});

describe("capabilities", () => {
  const crud = (domain: string, ...verbs: string[]) => verbs.map((verb) => `${domain}:${verb}`);
  const kinds = ["kubernetes", "git", "registry"];
  /** rest-contract 2.9; `workspace:provision` cannot be asked without a blueprint and is left out. */
  const reported = [
    ...crud("workspace", "list", "create:standalone", "create:inject", "read", "delete"),
    ...crud("workspace:connect", "webshell", "webfiles", "portforward"),
    ...crud("workspace:files", "download", "upload"),
    ...crud("workspace:app", "read", "install", "start", "stop"),
    ...crud("session", "list", "start"),
    ...crud("ssh", "shell", "exec", "sftp", "direct-tcpip", "direct-streamlocal", "agent-forward"),
    ...crud("user", "list", "exists:username", "exists:email", "create", "delete", "auth:web", "auth:ssh"),
    ...crud("token", "create", "read", "write", "delete"),
    ...crud("user:read", "profile", "blueprints", "roles", "keys", "repos", "envvars"),
    ...crud(
      "user:write",
      "profile",
      "roles",
      "keys",
      "sudo",
      "locked",
      "org",
      "posix",
      "password",
      "envvars",
    ),
    ...kinds.flatMap((kind) => [`user:read:credentials:${kind}`, `user:write:credentials:${kind}`]),
    ...crud("role", "list", "create", "delete", "update"),
    ...crud("org", "list", "read", "create", "delete", "update", "envvar:read", "envvar:write"),
    ...crud("onboardrule", "list", "create", "update", "delete"),
    "audit:list",
    "blueprints:read",
  ].toSorted();

  const report = async (as: Credentials, path: string): Promise<Map<string, boolean>> => {
    const { status, json } = await call("GET", path, { as });
    expect([status, list(capability)(json, path)]).toEqual([200, []]);
    const items = json as ReadonlyArray<{ action: string; allowed: boolean }>;
    return new Map(items.map(({ action, allowed }) => [action, allowed]));
  };

  test("every documented action is reported, once", async () => {
    const own = await report(ann, "/me/capabilities");
    expect([...own.keys()].toSorted()).toEqual(reported);
    expect(await report(ann, "/users/ann/capabilities")).toEqual(own);
    expect(own.get("workspace:create:standalone")).toBe(true);
    expect(own.get("user:create")).toBe(false);
  });

  test("on somebody else's things the questions about oneself are left out", async () => {
    const onBob = await report(ann, "/me/capabilities?resource_owner=bob");
    expect(reported.filter((action) => !onBob.has(action))).toEqual([
      "user:auth:ssh",
      "user:auth:web",
      "user:list",
    ]);
    expect([onBob.get("workspace:read"), onBob.get("user:read:profile")]).toEqual([false, false]);
    const asAdmin = await report(admin(), "/me/capabilities?resource_owner=bob");
    expect(asAdmin.get("workspace:read")).toBe(true);
  });

  test("a limited token limits the report", async () => {
    const narrow = await platform.token("ann", ["user:read:profile:self", "workspace:list"]);
    const own = await report(narrow, "/me/capabilities");
    expect([own.get("workspace:list"), own.get("workspace:read")]).toEqual([true, false]);
  });

  test("of somebody else: administrators only", async () => {
    expect((await call("GET", "/users/ann/capabilities", { as: bob })).status).toBe(403);
    expect((await report(admin(), "/users/ann/capabilities")).get("user:create")).toBe(false);
    expect((await call("GET", "/users/nobody/capabilities", { as: admin() })).status).toBe(404);
  });
});

test("errors are told in words that can be printed", async () => {
  const { json } = await call("POST", "/users", { as: admin(), body: { username: "ann", org: "default" } });
  expect(object({ status: () => [], msg: text, code: text, requestId: text })(json, "")).toEqual([]);
  expect((json as { msg: string }).msg).not.toMatch(/rpc error|\bat \/|node_modules|SQLITE/);
});
