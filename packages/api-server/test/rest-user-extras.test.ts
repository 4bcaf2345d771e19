import { user, userCredential } from "@k8shell/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Assembled, addUser, type Credentials, startAssembled } from "./assembled.ts";

let assembled: Assembled;
let alice: Credentials;
let bob: Credentials;

const call: Assembled["call"] = (...request) => assembled.call(...request);
const asAdmin = (method: string, path: string, body?: unknown) => call(method, path, assembled.admin, body);

beforeAll(async () => {
  assembled = await startAssembled();
  alice = await addUser(assembled, "alice");
  bob = await addUser(assembled, "bob");
  await asAdmin("POST", "/organizations/default/roles", { name: "web" });
  await asAdmin("POST", "/organizations/default/roles/web/blueprints", { blueprints: ["dev"] });
});

afterAll(() => assembled?.close());

test("a user is changed without /profile in the path too, by the same rules", async () => {
  const changed = await call("PATCH", "/users/alice", alice, { fullname: "Alice A" });
  expect(user.parse(changed.body)).toMatchObject({ username: "alice", fullname: "Alice A" });
  expect((await call("PATCH", "/me", alice, { shell: "/bin/bash" })).body).toMatchObject({
    shell: "/bin/bash",
  });
  expect((await call("PATCH", "/me", alice, { sudo: true })).status).toBe(403);
  expect((await call("PATCH", "/users/alice", bob, { fullname: "Bob" })).status).toBe(403);
  expect((await asAdmin("PATCH", "/users/alice", { sudo: true })).body).toMatchObject({ sudo: true });
});

test("blueprints of a user follow roles, and a request to change them says so", async () => {
  const dev = { blueprints: ["dev"] };
  expect((await asAdmin("DELETE", "/users/alice/blueprints", dev)).status).toBe(204);
  const refused = await asAdmin("POST", "/users/alice/blueprints", dev);
  expect(refused).toMatchObject({ status: 409, body: { msg: expect.stringContaining("role") } });
  await asAdmin("POST", "/users/alice/roles", { roles: ["web"] });
  expect((await asAdmin("POST", "/users/alice/blueprints", dev)).status).toBe(204);
  expect((await asAdmin("DELETE", "/users/alice/blueprints", dev)).status).toBe(409);
  expect((await asAdmin("POST", "/users/nobody/blueprints", dev)).status).toBe(404);
  expect((await call("POST", "/me/blueprints", alice, dev)).status).toBe(403);
});

test("a credential is changed and deleted by the id in the path, but only below its owner", async () => {
  const secret = { scope: "https://git.example", subject: "alice", secret: "hush" };
  const { id } = userCredential.parse((await call("POST", "/me/credentials/git", alice, secret)).body);
  const changed = await call("PATCH", `/me/credentials/${id}`, alice, { active: false });
  expect(userCredential.parse(changed.body)).toMatchObject({ id, isActive: false });
  expect((await call("PATCH", `/me/credentials/${id}`, bob, { active: true })).status).toBe(404);
  expect((await call("DELETE", `/users/bob/credentials/${id}`, assembled.admin)).status).toBe(404);
  expect((await call("DELETE", `/users/alice/credentials/${id}`, bob)).status).toBe(403);
  expect((await call("PATCH", "/me/credentials/git", alice, { active: true })).status).toBe(400);
  expect((await call("DELETE", `/users/alice/credentials/${id}`, alice)).status).toBe(204);
  expect((await call("GET", "/me/credentials", alice)).body).toEqual([]);
});

test("a local user has no repositories anywhere", async () => {
  expect(await call("GET", "/me/repos/owners", alice)).toEqual({ status: 200, body: [] });
  expect(await call("GET", "/users/alice/repos?owner=acme", alice)).toEqual({ status: 200, body: [] });
  expect((await call("GET", "/users/alice/repos", bob)).status).toBe(403);
});
