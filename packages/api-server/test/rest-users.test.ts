import { join } from "node:path";
import { capability, user, userAuthKey, userProfile } from "@k8shell/contract";
import { sqliteKv } from "@k8shell/kv";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Assembled,
  bearer,
  type Credentials,
  createWorkspace,
  startAssembled,
  textOf,
} from "./assembled.ts";

let assembled: Assembled;

beforeAll(async () => {
  assembled = await startAssembled();
});

afterAll(() => assembled?.close());

const call: Assembled["call"] = (...request) => assembled.call(...request);
const asAdmin = (method: string, path: string, body?: unknown) => call(method, path, assembled.admin, body);

/** A user with a token of some scopes. */
const member = async (username: string, scopes = ["*"], fields: object = {}): Promise<Credentials> => {
  const made = await asAdmin("POST", "/users", { username, org: "default", roles: ["developer"], ...fields });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return tokenOf(username, scopes);
};

const tokenOf = async (username: string, scopes: string[]): Promise<Credentials> => {
  const { body } = await asAdmin("POST", `/users/${username}/tokens`, {
    name: `t-${scopes.join("-")}`,
    scopes,
  });
  return bearer(textOf(body, "token"));
};

test("a user is created, shown with both spellings, changed and deleted with everything they had", async () => {
  const bob = await member("Bob", ["*"], { fullname: "Bob B", email: "bob@example.org" });
  const profile = userProfile.parse((await call("GET", "/me/profile", bob)).body);
  expect(profile).toMatchObject({
    username: "bob",
    is_valid: true,
    isValid: true,
    account_locked: false,
    locked: false,
  });
  expect((await asAdmin("GET", "/users/BOB/profile")).body).toEqual(profile);
  expect((await asAdmin("POST", "/users", { username: "bob", org: "default" })).status).toBe(409);

  const changed = await call("PATCH", "/me/profile", bob, { fullname: "Robert", shell: "/bin/bash" });
  expect(user.parse(changed.body)).toMatchObject({
    fullname: "Robert",
    shell: "/bin/bash",
    email: "bob@example.org",
  });
  const listed = userProfile.array().parse((await asAdmin("GET", "/users")).body);
  expect(listed.map(({ username }) => username)).toEqual(expect.arrayContaining(["admin", "bob"]));

  const { workspace } = await createWorkspace(assembled, "bob", bob);
  expect((await asAdmin("DELETE", "/users/bob")).status).toBe(204);
  expect((await call("GET", "/me/profile", bob)).status).toBe(401);
  expect((await asAdmin("GET", "/users/bob/profile")).status).toBe(404);
  await expect.poll(async () => (await asAdmin("GET", `/workspaces/${workspace}`)).status).toBe(404);
});

test("a change of several groups is written only when all of them are allowed", async () => {
  const carol = await member("carol");
  const refused = await call("PATCH", "/me/profile", carol, { fullname: "Carol C", sudo: true });
  expect(refused.status).toBe(403);
  expect((await call("GET", "/me/profile", carol)).body).toMatchObject({ fullname: "", sudo: false });
  expect(
    (await asAdmin("PATCH", "/users/carol/profile", { fullname: "Carol C", sudo: true, roles: [] })).body,
  ).toMatchObject({
    fullname: "Carol C",
    sudo: true,
    roles: [],
  });
  expect((await call("PATCH", "/me/profile", carol, {})).status).toBe(200);
});

/** Epoch seconds before which a user's web sessions and user tokens no longer count. */
const invalidBefore = async (username: string): Promise<number> => {
  const kv = sqliteKv({ file: join(assembled.server.dataDir, "kv.db") });
  const entry = await (await kv.bucket("locked-users")).get(username);
  await kv.close();
  return entry ? Number(JSON.parse(entry.value).sessionsInvalidBefore ?? 0) : 0;
};

test("losing rights, or a password set by somebody else, ends what was issued before", async () => {
  const olga = await member("olga", ["*"], { password: "first-password", sudo: true });
  await call("PATCH", "/me/profile", olga, { fullname: "Olga" });
  await asAdmin("POST", "/users/olga/roles", { roles: ["org-admin"] });
  await call("PUT", "/me/password", olga, {
    password: "second-password",
    current_password: "first-password",
  });
  expect(await invalidBefore("olga")).toBe(0);
  const started = Math.floor(Date.now() / 1000);
  await asAdmin("PATCH", "/users/olga/profile", { sudo: false });
  expect(await invalidBefore("olga")).toBeGreaterThanOrEqual(started);

  for (const [username, method, path, body] of [
    ["pia", "DELETE", "/users/pia/roles", { roles: ["developer"] }],
    ["quin", "PATCH", "/users/quin/profile", { roles: ["org-admin"] }],
    ["rosa", "PUT", "/users/rosa/password", { password: "reset-password" }],
  ] as const) {
    await member(username);
    expect(await invalidBefore(username)).toBe(0);
    expect((await asAdmin(method, path, body)).status).toBe(200);
    expect(await invalidBefore(username), username).toBeGreaterThanOrEqual(started);
  }
});

test("roles are given and taken", async () => {
  await member("dora");
  expect((await asAdmin("POST", "/users/dora/roles", { roles: ["org-admin"] })).body).toMatchObject({
    roles: ["developer", "org-admin"],
  });
  expect((await asAdmin("DELETE", "/users/dora/roles", { roles: ["developer"] })).body).toMatchObject({
    roles: ["org-admin"],
  });
  expect((await asAdmin("POST", "/users/dora/roles", { roles: [] })).status).toBe(400);
});

test("an administrator of an organization cannot make administrators of the platform", async () => {
  const erin = await member("erin", ["*"], { roles: ["org-admin"] });
  await member("fred");
  expect((await call("POST", "/users/fred/roles", erin, { roles: ["admin"] })).status).toBe(403);
  expect((await call("PATCH", "/users/fred/profile", erin, { roles: ["admin"] })).status).toBe(403);
  expect(
    (await call("POST", "/users", erin, { username: "gina", org: "default", roles: ["admin"] })).status,
  ).toBe(403);
  expect((await call("POST", "/users/fred/roles", erin, { roles: ["org-admin"] })).status).toBe(200);
});

test("the last administrator cannot lock everybody out, and keeps what they have", async () => {
  const { workspace } = await createWorkspace(assembled, "admin", assembled.admin);
  const changes = [
    ["DELETE", "/me"],
    ["DELETE", "/users/Admin"],
    ["DELETE", "/me/roles", { roles: ["admin"] }],
    ["PATCH", "/me/profile", { roles: ["developer"] }],
    ["PATCH", "/users/admin", { locked: true }],
  ] as const;
  for (const [method, path, body] of changes) {
    const { status, body: answer } = await asAdmin(method, path, body);
    expect({ status, msg: textOf(answer, "msg") }, `${method} ${path}`).toEqual({
      status: 409,
      msg: "nobody would be left to administer the platform: give another user the role admin first",
    });
  }
  expect((await asAdmin("GET", `/workspaces/${workspace}`)).body).toMatchObject({ status: "Running" });
  // With a second one they may go.
  const zoe = await member("zoe", ["*"], { roles: ["admin"] });
  expect((await call("DELETE", "/me/roles", zoe, { roles: ["admin"] })).status).toBe(200);
});

test("locking an account shuts it out at once and unlocking lets it in again", async () => {
  const harry = await member("harry");
  expect((await asAdmin("PATCH", "/users/harry/profile", { locked: true })).status).toBe(200);
  expect((await call("GET", "/me/profile", harry)).status).toBe(403);
  expect((await asAdmin("PATCH", "/users/harry/profile", { locked: false })).status).toBe(200);
  expect((await call("GET", "/me/profile", harry)).status).toBe(200);
});

test("an account that is made under the name of a locked one that was deleted is not locked", async () => {
  const account = { username: "ursula", org: "default", password: "a long password" };
  const signIn = async () => {
    const { username, password } = account;
    return (await call("POST", "/auth/login", {}, { username, password })).status;
  };
  await asAdmin("POST", "/users", account);
  await asAdmin("PATCH", "/users/ursula/profile", { locked: true });
  expect(await signIn()).toBe(403);
  expect((await asAdmin("DELETE", "/users/ursula")).status).toBe(204);
  expect((await asAdmin("POST", "/users", account)).status).toBe(201);
  expect((await asAdmin("GET", "/users/ursula/profile")).body).toMatchObject({ account_locked: false });
  expect(await signIn()).toBe(200);
  await asAdmin("DELETE", "/users/ursula");
});

test("changing one's own password takes the old one, an administrator sets any", async () => {
  const iris = await member("iris", ["*"], { password: "first-password" });
  const limited = await tokenOf("iris", ["user:write:password:self"]);
  expect((await call("PUT", "/me/password", limited, { password: "second-password" })).status).toBe(403);
  const wrong = { password: "second-password", current_password: "guess-guess" };
  expect((await call("PUT", "/me/password", iris, wrong)).status).toBe(403);
  const right = { password: "second-password", current_password: "first-password" };
  expect((await call("PUT", "/me/password", limited, right)).status).toBe(200);
  const other = { password: "third-password", currentPassword: "second-password" };
  expect((await call("PUT", "/users/iris/password", iris, other)).status).toBe(200);
  const set = await asAdmin("PUT", "/users/iris/password", { password: "fourth-password" });
  expect(set.status).toBe(200);
  expect(JSON.stringify(set.body)).not.toContain("password");
  expect((await asAdmin("PUT", "/users/iris/password", { password: "short" })).status).toBe(400);
});

test("too many wrong passwords lock password changes until the lockout is cleared", async () => {
  const jack = await member("jack", ["*"], { password: "first-password" });
  const guess = () =>
    call("PUT", "/me/password", jack, { password: "second-password", current_password: "wrong-guess" });
  const answers = [];
  for (let i = 0; i < 6; i++) answers.push((await guess()).status);
  expect(answers.at(0)).toBe(403);
  expect(answers.at(-1)).toBe(429);
  expect((await call("GET", "/me/profile", jack)).body).toMatchObject({
    password_locked: true,
    password_locked_until: expect.any(String),
  });
  const inList = async () => {
    const all = userProfile.array().parse((await asAdmin("GET", "/users")).body);
    const paged = userProfile.array().parse((await asAdmin("GET", "/users?limit=500")).body);
    expect(paged).toEqual(all);
    const named = { filters: { conditions: [{ field: "username", op: "eq", value: "jack" }] } };
    const queried = userProfile.array().parse((await asAdmin("POST", "/users/_query", named)).body);
    const jack = all.find(({ username }) => username === "jack");
    expect(queried).toEqual([jack]);
    return jack;
  };
  expect(await inList()).toEqual((await asAdmin("GET", "/users/jack/profile")).body);
  expect(await inList()).toMatchObject({ password_locked: true });
  expect((await call("DELETE", "/me/password-lockout", jack)).status).toBe(403);
  expect((await asAdmin("DELETE", "/users/jack/password-lockout")).status).toBe(204);
  expect((await call("GET", "/me/profile", jack)).body).toMatchObject({ password_locked: false });
});

test("SSH keys are added, listed as keys or fingerprints, and deleted by their place", async () => {
  const kate = await member("kate");
  const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl kate@laptop";
  expect((await call("POST", "/me/keys", kate, { keys: [key] })).status).toBe(204);
  expect((await call("POST", "/me/keys", kate, { keys: [key] })).status).toBe(409);
  const listed = userAuthKey.array().parse((await call("GET", "/me/keys", kate)).body);
  expect(listed).toMatchObject([{ index: 0, key: expect.stringContaining("ssh-ed25519 "), source: "local" }]);
  expect((await call("GET", "/me/keys?format=digest", kate)).body).toMatchObject([
    { key: expect.stringMatching(/^SHA256:/) },
  ]);
  expect((await call("DELETE", "/users/kate/keys/0", kate)).status).toBe(204);
  expect((await call("GET", "/me/keys", kate)).body).toEqual([]);
  expect((await call("DELETE", "/me/keys/0", kate)).status).toBe(400);
});

test("capabilities say what the caller may do with the token in hand", async () => {
  const report = async (credentials: Credentials, query = "") => {
    const { body } = await call("GET", `/me/capabilities${query}`, credentials);
    return new Map(
      capability
        .array()
        .parse(body)
        .map(({ action, allowed }) => [action, allowed]),
    );
  };
  const lena = await member("lena");
  const all = await report(lena);
  expect(all.get("workspace:create:standalone")).toBe(true);
  expect(all.get("user:create")).toBe(false);
  expect(all.has("workspace:provision")).toBe(false);
  const limited = await report(await tokenOf("lena", ["user:read:profile", "workspace:create"]));
  expect(limited.get("workspace:create:standalone")).toBe(true);
  expect(limited.get("workspace:delete")).toBe(false);
  const aboutAdmin = await report(lena, "?resource_owner=admin");
  expect(aboutAdmin.get("workspace:read")).toBe(false);
  expect(aboutAdmin.has("user:list")).toBe(false);
  const admins = await report(assembled.admin, "?resource_owner=lena");
  expect(admins.get("workspace:delete")).toBe(true);
  const { body } = await asAdmin("GET", "/users/lena/capabilities");
  expect(
    new Map(
      capability
        .array()
        .parse(body)
        .map(({ action, allowed }) => [action, allowed]),
    ).get("user:create"),
  ).toBe(false);
});

test("blueprints are listed by name, without templates", async () => {
  const mona = await member("mona");
  expect((await call("GET", "/me/blueprints", mona)).body).toEqual(["dev"]);
  await asAdmin("PATCH", "/users/mona/profile", { roles: [] });
  expect((await asAdmin("GET", "/users/mona/blueprints")).body).toEqual([]);
});
