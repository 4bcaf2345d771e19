import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { FilterOp, Operator } from "@k8shell/contract/gen/query/v1/query_pb.js";
import { startGrpcServer } from "@k8shell/rpc";
import { expect, onTestFinished, test } from "vitest";
import { bareClient, status } from "../../../workspaced/test/bare/client.ts";
import { expectStatus, startIdentity } from "../identity/start-identity.ts";

// grpc-behaviour section 6.

const provider = "idp.k8shell.io/local";

const withAlice = async () => {
  const started = await startIdentity();
  await started.client.createUser({ username: "alice", organization: "default", fullname: "A", sudo: true });
  return started;
};

test("over the wire, wrappers change only what they hold, and unknown fields are ignored", async () => {
  const { identity } = await withAlice();
  const server = await startGrpcServer({ address: "127.0.0.1:0", services: identity.registrations });
  onTestFinished(() => server.close());
  const bare = bareClient(server.address);
  const path = (method: string) => `/identity.v1.IdentityService/${method}`;
  const { response } = await bare.unary(path("UpdateUser"), [
    [1, "alice"],
    [2, []],
    [4, []],
    [10, [[1, 4242]]],
    [77, "of a newer gateway"],
  ]);
  expect(response.numbers).not.toContain(7);
  expect(response.numbers).not.toContain(21);
  expect([5, 6].map((field) => response.number(field))).toEqual([4242, 10_000]);
  expect([19, 20].map((field) => response.text(field))).toEqual(["local", "/bin/sh"]);
  expect((await bare.unary(path("FindUser"), [[1, "nobody"]])).code).toBe(status.NOT_FOUND);
  expect((await bare.unary("/identity.v1.IdentityProviderService/ProviderInfo")).code).toBe(
    status.UNIMPLEMENTED,
  );
});

test("all 72 rpcs answer something else than UNIMPLEMENTED", async () => {
  const { identity } = await startIdentity();
  const server = await startGrpcServer({ address: "127.0.0.1:0", services: identity.registrations });
  onTestFinished(() => server.close());
  const bare = bareClient(server.address);
  const missing: string[] = [];
  for (const { name } of IdentityService.methods) {
    const { code } = await bare.unary(`/identity.v1.IdentityService/${name}`);
    if (code === status.UNIMPLEMENTED || code === status.UNKNOWN) missing.push(name);
  }
  expect(missing).toEqual([]);
});

test("the state of a browser sign-in is provider and nonce, wrapped when a command line or a token hangs on it", async () => {
  const { client } = await startIdentity();
  const { providers } = await client.getAvailableIdentityProviders({});
  expect(providers).toContainEqual(
    expect.objectContaining({ name: provider, capabilities: ["OnboardUserWebFlow"] }),
  );
  const begin = (more: object) =>
    client.onboardUserWebFlow({ provider, redirectUri: "https://k8shell.test/cb", ...more });
  const plain = await begin({});
  expect(Buffer.from(plain.state, "base64url").toString()).toMatch(/^idp\.k8shell\.io\/local:.{16,}$/);
  expect(plain.state).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(plain.expiresIn).toBeGreaterThan(0);
  const wrapped = await begin({ cliState: "cli-1", createPat: true });
  const { s, c, p } = JSON.parse(Buffer.from(wrapped.state, "base64url").toString());
  expect(Buffer.from(s, "base64url").toString().startsWith(`${provider}:`)).toBe(true);
  expect([c, p]).toEqual(["cli-1", true]);
  for (const { authUrl, state } of [plain, wrapped]) {
    expect(new URL(authUrl).searchParams.getAll("state")).toEqual([state]);
  }
});

test("a sign-in that cannot be completed says why by its status", async () => {
  const { client } = await startIdentity();
  const state = (text: string) => Buffer.from(text).toString("base64url");
  await expectStatus(client.completeUserWebFlow({ state: "%%", code: "c" }), "InvalidArgument");
  await expectStatus(
    client.completeUserWebFlow({ state: state(`${provider}:never`), code: "c" }),
    "InvalidArgument",
  );
  await expectStatus(client.completeUserWebFlow({ state: state("nowhere:x"), code: "c" }), "NotFound");
  await expectStatus(client.onboardUserWebFlow({ provider: "nowhere" }), "NotFound");
});

test("users: what is required, what is unknown, and what is not there", async () => {
  const { client } = await withAlice();
  const create = (more: object) => client.createUser({ username: "bob", organization: "default", ...more });
  await expectStatus(create({ organization: "" }), "InvalidArgument");
  await expectStatus(create({ organization: "nowhere" }), "InvalidArgument");
  await expectStatus(create({ roles: ["nothing"] }), "InvalidArgument");
  await expectStatus(create({ username: "ALICE" }), "AlreadyExists");
  await expectStatus(create({ uid: 10_000 }), "AlreadyExists");
  await expectStatus(client.deleteUser({ username: "bob" }), "NotFound");
  await expectStatus(client.updateUser({ username: "bob", sudo: true }), "NotFound");
  await expectStatus(client.addUserRoles({ username: "alice" }), "InvalidArgument");
  await expectStatus(client.removeUserRoles({ username: "alice" }), "InvalidArgument");
  await expectStatus(client.setUserPassword({ username: "alice", password: "1234567" }), "InvalidArgument");
  await expectStatus(
    client.setUserPassword({ username: "alice", password: "é".repeat(37) }),
    "InvalidArgument",
  );
  expect((await client.setUserPassword({ username: "alice", password: "é".repeat(36) })).username).toBe(
    "alice",
  );
  await client.setUserPassword({ username: "alice", password: "" });
  expect(await client.authUserPassword({ username: "alice", password: "" })).toMatchObject({ valid: false });
});

test("roles and organizations: what is built in is read-only, what is in use stays", async () => {
  const { client } = await withAlice();
  await expectStatus(client.createRole({ name: "r" }), "InvalidArgument");
  await expectStatus(client.deleteRole({ name: "admin", org: "default" }), "FailedPrecondition");
  await client.createRole({ name: "r", org: "default" });
  await client.addUserRoles({ username: "alice", roles: ["r"] });
  await expectStatus(client.deleteRole({ name: "r", org: "default" }), "FailedPrecondition");
  await expectStatus(client.deleteOrganization({ name: "default" }), "FailedPrecondition");
  await expectStatus(client.updateOrganization({ name: "default", description: "x" }), "FailedPrecondition");
  expect((await client.getOrganization({ name: "default" })).readOnly).toBe(true);
  await client.createOrganization({ name: "acme" });
  await client.createUser({ username: "carol", organization: "acme" });
  await expectStatus(client.deleteOrganization({ name: "acme" }), "FailedPrecondition");
});

test("an onboarding rule is not a request: neither it nor an id of nothing can be approved or rejected", async () => {
  const { client } = await startIdentity();
  const rule = { idp: "github", usernamePattern: "*", org: "default" };
  await expectStatus(client.createOnboardRule({ ...rule, action: "perhaps" }), "InvalidArgument");
  const { id } = await client.createOnboardRule({ ...rule, action: "waitlist" });
  for (const none of [id, id + 1]) {
    await expectStatus(client.approveOnboardRequest({ id: none, decidedBy: "root" }), "NotFound");
    await expectStatus(client.rejectOnboardRequest({ id: none, decidedBy: "root" }), "NotFound");
  }
});

test("credentials: empty is INTERNAL, another of the scope ALREADY_EXISTS; ids alone reach any user's, names with ids only their own", async () => {
  const { client } = await withAlice();
  await client.createUser({ username: "bob", organization: "default" });
  const credential = { username: "alice", scope: "https://git.test", subject: "alice", secret: "s3" };
  await expectStatus(client.addGitUserCredential({ ...credential, secret: "" }), "Internal");
  const { credential: added } = await client.addGitUserCredential(credential);
  await expectStatus(client.addGitUserCredential(credential), "AlreadyExists");
  expect(added?.secret).toBe("");
  const id = added?.id ?? 0;
  await expectStatus(client.removeUserCredential({ username: "bob", id }), "NotFound");
  const get = { username: "alice", serviceName: "git", serviceScope: "https://git.test" };
  expect((await client.getUserCredential(get)).secret).toBe("s3");
  await expectStatus(client.getUserCredential({ ...get, serviceScope: "https://git.test/" }), "NotFound");
  await expectStatus(client.getUserCredential({ ...get, username: "nobody" }), "NotFound");
  await client.updateUserCredential({ id, active: false });
  await expectStatus(client.getUserCredential(get), "NotFound");
  expect((await client.deleteUserCredential({ id })).success).toBe(true);
});

const condition = (field: string, op: Operator, ...values: string[]) => ({
  query: { filters: { op: FilterOp.AND, conditions: [{ field, op, values }] } },
});

test.each([
  ["EXISTS without a value", "email", Operator.EXISTS, [], "Ok"],
  ["EXISTS with one", "email", Operator.EXISTS, ["false"], "Ok"],
  ["EXISTS with two", "email", Operator.EXISTS, ["true", "true"], "InvalidArgument"],
  ["IN without a value", "username", Operator.IN, [], "InvalidArgument"],
  ["IN with two", "username", Operator.IN, ["a", "b"], "Ok"],
  ["EQ without a value", "username", Operator.EQ, [], "InvalidArgument"],
  ["EQ with two", "username", Operator.EQ, ["a", "b"], "InvalidArgument"],
  ["the reserved operator 3", "username", 3, ["a"], "InvalidArgument"],
  ["no operator", "username", Operator.UNSPECIFIED, ["a"], "InvalidArgument"],
  ["EQ on roles, which know only IN", "roles", Operator.EQ, ["a"], "InvalidArgument"],
  ["an unknown field", "password", Operator.EQ, ["a"], "InvalidArgument"],
  ["a day", "expiresAt", Operator.LT, ["2026-01-31"], "Ok"],
  ["a moment", "expiresAt", Operator.GTE, ["2026-01-31T10:00:00+02:00"], "Ok"],
  ["now and months", "expiresAt", Operator.GT, ["now - 3M"], "Ok"],
  ["last week and hours", "expiresAt", Operator.GT, ["lastweek+2h"], "Ok"],
  ["no time at all", "expiresAt", Operator.GT, ["soon"], "InvalidArgument"],
])("a query with %s", async (_, field, op, values, expected) => {
  const { client } = await startIdentity();
  const answer = await client.queryUsers(condition(field, op, ...values)).then(
    () => "Ok",
    (error) => error.status,
  );
  expect(answer).toBe(expected);
});

test("text matches with * and ? whatever its case, and obligations restrict what is asked", async () => {
  const { client } = await withAlice();
  const names = async (request: ReturnType<typeof condition>, obligations = {}) =>
    (await client.queryUsers({ query: { ...request.query, obligations } })).users.map(
      (user) => user.username,
    );
  expect(await names(condition("username", Operator.EQ, "A?I*"))).toEqual(["alice"]);
  expect(await names(condition("username", Operator.NE, "A?I*"))).toEqual([]);
  expect(await names(condition("username", Operator.EQ, "*"), { org: "acme" })).toEqual([]);
  await expectStatus(names(condition("username", Operator.EQ, "*"), { planet: "mars" }), "PermissionDenied");
});
