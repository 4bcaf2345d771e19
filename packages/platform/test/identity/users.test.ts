import { FilterOp, Operator, SortDir } from "@k8shell/contract/gen/query/v1/query_pb.js";
import { describe, expect, test } from "vitest";
import { expectStatus, startIdentity } from "./start-identity.ts";

describe("creating a user", () => {
  test("gives defaults, a lowered name and the next uid", async () => {
    const { client } = await startIdentity();
    const alice = await client.createUser({ username: " Alice ", organization: "default" });
    expect(alice).toMatchObject({
      username: "alice",
      organization: "default",
      uid: 10_000,
      gid: 10_000,
      shell: "/bin/sh",
      source: "local",
      isValid: true,
      sudo: false,
      locked: false,
      roles: [],
      blueprints: [],
      password: "",
    });
    const bob = await client.createUser({
      username: "bob",
      organization: "default",
      roles: ["developer"],
      email: "Bob@Example.org",
      shell: "/bin/bash",
      uid: 1234,
    });
    expect(bob).toMatchObject({
      uid: 1234,
      gid: 1234,
      blueprints: ["*"],
      email: "bob@example.org",
      shell: "/bin/bash",
    });
    const carol = await client.createUser({ username: "carol", organization: "default" });
    expect(carol.uid).toBe(10_001);
  });

  test.each([
    ["no name", { username: "", organization: "default" }],
    ["a name with a slash", { username: "a/b", organization: "default" }],
    ["a name that climbs", { username: "a..b", organization: "default" }],
    ["no organization", { username: "x", organization: "" }],
    ["an unknown organization", { username: "x", organization: "nope" }],
    ["an unknown role", { username: "x", organization: "default", roles: ["nope"] }],
    ["a bad email", { username: "x", organization: "default", email: "nope" }],
    ["a relative shell", { username: "x", organization: "default", shell: "bash" }],
    ["a short password", { username: "x", organization: "default", password: "1234567" }],
  ])("%s is an invalid argument", async (_title, request) => {
    const { client } = await startIdentity();
    await expectStatus(client.createUser(request), "InvalidArgument");
  });

  test("a taken name, email or uid is refused", async () => {
    const { client } = await startIdentity();
    await client.createUser({ username: "alice", organization: "default", email: "a@b.c", uid: 2000 });
    const clash = (fields: object) =>
      client.createUser({ username: "bob", organization: "default", ...fields });
    await expectStatus(clash({ username: "ALICE" }), "AlreadyExists");
    await expectStatus(clash({ email: "A@B.C" }), "AlreadyExists");
    await expectStatus(clash({ uid: 2000 }), "AlreadyExists");
    await expectStatus(client.findUser({ username: "bob" }), "NotFound");
  });

  test("ids of deleted users are not given again", async () => {
    const { client } = await startIdentity();
    await client.createUser({ username: "alice", organization: "default" });
    await client.deleteUser({ username: "alice" });
    const again = await client.createUser({ username: "alice", organization: "default" });
    expect(again.uid).toBe(10_001);
  });
});

test("a user is found by name or by email, not by both or none", async () => {
  const { client } = await startIdentity();
  await client.createUser({ username: "alice", organization: "default", email: "a@b.c" });
  expect((await client.findUser({ username: "ALICE" })).username).toBe("alice");
  expect((await client.findUser({ email: "A@b.c" })).username).toBe("alice");
  await expectStatus(client.findUser({ username: "bob" }), "NotFound");
  await expectStatus(client.findUser({}), "InvalidArgument");
  await expectStatus(client.findUser({ username: "alice", email: "a@b.c" }), "InvalidArgument");
});

describe("updating a user", () => {
  test("changes what is given and nothing else", async () => {
    const { client } = await startIdentity();
    await client.createUser({
      username: "alice",
      organization: "default",
      fullname: "Alice",
      email: "a@b.c",
    });
    const updated = await client.updateUser({ username: "alice", sudo: true, locked: true, email: "" });
    expect(updated).toMatchObject({ sudo: true, locked: true, email: "", fullname: "Alice", uid: 10_000 });
    expect(await client.findUser({ username: "alice" })).toMatchObject({ sudo: true, locked: true });
    await expectStatus(client.updateUser({ username: "bob", sudo: true }), "NotFound");
    await expectStatus(client.updateUser({ username: "alice", uid: 0 }), "InvalidArgument");
  });

  test("replaces or clears roles, not both", async () => {
    const { client } = await startIdentity();
    await client.createUser({ username: "alice", organization: "default", roles: ["org-admin"] });
    expect((await client.updateUser({ username: "alice", roles: ["developer"] })).roles).toEqual([
      "developer",
    ]);
    expect((await client.updateUser({ username: "alice", clearRoles: true })).roles).toEqual([]);
    const both = client.updateUser({ username: "alice", roles: ["admin"], clearRoles: true });
    await expectStatus(both, "InvalidArgument");
  });

  test("a change of organization drops the old organization's roles unless roles are given", async () => {
    const { client } = await startIdentity();
    await client.createOrganization({ name: "acme" });
    await client.createOrganization({ name: "umbrella" });
    await client.createRole({ name: "tester", org: "acme" });
    await client.createUser({ username: "alice", organization: "acme", roles: ["tester", "developer"] });
    const moved = await client.updateUser({ username: "alice", org: "umbrella" });
    expect(moved).toMatchObject({ organization: "umbrella", roles: ["developer"] });
    const foreign = client.updateUser({ username: "alice", roles: ["tester"] });
    await expectStatus(foreign, "InvalidArgument");
    const back = await client.updateUser({ username: "alice", org: "acme", roles: ["tester"] });
    expect(back.roles).toEqual(["tester"]);
  });

  test("roles are added and removed one by one", async () => {
    const { client } = await startIdentity();
    await client.createUser({ username: "alice", organization: "default" });
    expect(
      (await client.addUserRoles({ username: "alice", roles: ["org-admin", "developer"] })).roles,
    ).toEqual(["developer", "org-admin"]);
    expect((await client.removeUserRoles({ username: "alice", roles: ["org-admin"] })).roles).toEqual([
      "developer",
    ]);
    await expectStatus(client.addUserRoles({ username: "alice", roles: [] }), "InvalidArgument");
    await expectStatus(client.addUserRoles({ username: "bob", roles: ["admin"] }), "NotFound");
  });
});

test("no change leaves the platform without an administrator who can sign in", async () => {
  const { client } = await startIdentity();
  const make = (username: string) =>
    client.createUser({ username, organization: "default", roles: ["admin", "developer"] });
  await make("alice");
  const refused = [
    () => client.deleteUser({ username: "Alice" }),
    () => client.removeUserRoles({ username: "alice", roles: ["admin"] }),
    () => client.updateUser({ username: "alice", roles: ["developer"] }),
    () => client.updateUser({ username: "alice", clearRoles: true }),
    () => client.updateUser({ username: "alice", locked: true }),
  ];
  for (const change of refused) await expectStatus(change(), "FailedPrecondition");
  expect(await client.findUser({ username: "alice" })).toMatchObject({
    roles: ["admin", "developer"],
    locked: false,
  });

  // Nobody can sign in as one that is locked.
  await make("bob");
  await client.updateUser({ username: "bob", locked: true });
  for (const change of refused) await expectStatus(change(), "FailedPrecondition");
  await client.updateUser({ username: "bob", locked: false });
  const both = ["alice", "bob"].map((username) => client.deleteUser({ username }));
  const results = (await Promise.allSettled(both)).map(({ status }) => status);
  expect(results.sort()).toEqual(["fulfilled", "rejected"]);
});

test("deleting a user takes their keys, tokens and credentials with them", async () => {
  const { client } = await startIdentity();
  await client.createUser({ username: "alice", organization: "default" });
  const { token } = await client.createAccessToken({ username: "alice", name: "t", scopes: ["*"] });
  await client.resolveAccessToken({ token });
  await client.deleteUser({ username: "alice" });
  await expectStatus(client.resolveAccessToken({ token }), "Unauthenticated");
  await expectStatus(client.findUser({ username: "alice" }), "NotFound");
  await expectStatus(client.deleteUser({ username: "alice" }), "NotFound");
  await client.createUser({ username: "alice", organization: "default" });
  expect((await client.listAccessTokens({ username: "alice" })).tokens).toEqual([]);
});

describe("listing users", () => {
  test("pages have 50 users unless asked otherwise and never more than 100", async () => {
    const { client } = await startIdentity();
    for (let i = 0; i < 120; i++)
      await client.createUser({ username: `u${String(i).padStart(3, "0")}`, organization: "default" });
    expect((await client.getUsers({})).users).toHaveLength(50);
    expect((await client.getUsers({ limit: 500 })).users).toHaveLength(100);
    const page = await client.getUsers({ limit: 2, offset: 100 });
    expect(page.users.map((user) => user.username)).toEqual(["u100", "u101"]);
  });

  test("filters, sorts and obligations narrow a query", async () => {
    const { client } = await startIdentity();
    await client.createOrganization({ name: "acme" });
    await client.createUser({ username: "alice", organization: "acme", roles: ["admin"], sudo: true });
    await client.createUser({ username: "bob", organization: "acme", roles: ["developer"] });
    await client.createUser({ username: "carol", organization: "default", roles: ["developer"] });
    const names = async (query: Parameters<typeof client.queryUsers>[0]["query"]) =>
      (await client.queryUsers({ query })).users.map((user) => user.username);
    const where = (field: string, op: Operator, ...values: string[]) => ({
      filters: { op: FilterOp.AND, conditions: [{ field, op, values }] },
    });
    expect(await names(where("roles", Operator.IN, "developer"))).toEqual(["bob", "carol"]);
    expect(await names(where("sudo", Operator.EQ, "true"))).toEqual(["alice"]);
    expect(await names({ sort: [{ field: "username", dir: SortDir.DESC }], page: { limit: 1 } })).toEqual([
      "carol",
    ]);
    expect(await names({ obligations: { org: "acme" } })).toEqual(["alice", "bob"]);
    expect(await names({ obligations: { roles: '["admin"]' } })).toEqual(["alice"]);
    expect((await client.getUsers({ org: "acme", roles: ["developer"] })).users).toHaveLength(1);
    await expectStatus(client.queryUsers({ query: where("password", Operator.EQ, "x") }), "InvalidArgument");
  });

  test("the schema names the documented fields", async () => {
    const { client } = await startIdentity();
    const { resource, fields } = await client.getUsersQuerySchema({});
    expect(resource).toBe("users");
    expect(fields.map((field) => field.name).join(" ")).toBe(
      "username email organization roles blueprints sudo source isValid locked expiresAt",
    );
  });
});
