import { accessToken, silentLog, sshSession, userCredential } from "@k8shell/contract";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import { createSession } from "@k8shell/platform/session/index.ts";
import { inProcessChannel } from "@k8shell/rpc";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Assembled, addUser, bearer, type Credentials, startAssembled, textOf } from "./assembled.ts";

let assembled: Assembled;
let alice: Credentials;
let mallory: Credentials;

const call: Assembled["call"] = (...request) => assembled.call(...request);

beforeAll(async () => {
  assembled = await startAssembled();
  alice = await addUser(assembled, "alice");
  mallory = await addUser(assembled, "mallory");
});

afterAll(() => assembled?.close());

const tokens = async (credentials: Credentials) =>
  accessToken.array().parse((await call("GET", "/me/tokens", credentials)).body);

test("an access token is created, used, switched off and on, and deleted", async () => {
  const expires_at = new Date(Date.now() + 3_600_000).toISOString();
  const created = await call("POST", "/me/tokens", alice, {
    name: "ci",
    scopes: ["session:list:self"],
    expires_at,
  });
  expect(created.status).toBe(201);
  const token = textOf(created.body, "token");
  expect(token).toMatch(/^k8sh_[\w-]{43}$/);
  const ci = bearer(token);
  const listed = (await tokens(alice)).find(({ name }) => name === "ci");
  expect(listed).toMatchObject({ isActive: true, tokenPreview: token.slice(0, 13), expiresAt: expires_at });
  expect(JSON.stringify(await tokens(alice))).not.toContain(token);

  expect((await call("GET", "/me/sessions", ci)).status).toBe(200);
  expect((await call("GET", "/me/profile", ci)).status).toBe(403);

  expect((await call("PATCH", `/me/tokens/${listed?.id}`, alice, { active: false })).body).toMatchObject({
    isActive: false,
  });
  expect((await call("GET", "/me/sessions", ci)).status).toBe(401);
  expect(
    (await call("PATCH", `/me/tokens/${listed?.id}`, alice, { active: true, scopes: ["user:read:profile"] }))
      .status,
  ).toBe(200);
  expect((await call("GET", "/me/sessions", ci)).status).toBe(403);
  expect((await call("GET", "/me/profile", ci)).status).toBe(200);

  expect((await call("DELETE", `/me/tokens/${listed?.id}`, alice)).status).toBe(204);
  expect((await call("GET", "/me/profile", ci)).status).toBe(401);
  expect((await call("DELETE", `/me/tokens/${listed?.id}`, alice)).status).toBe(404);
});

test("a name is taken once, unless the token is to be renewed", async () => {
  const body = { name: "laptop", scopes: ["*"] };
  const first = textOf((await call("POST", "/me/tokens", alice, body)).body, "token");
  expect((await call("POST", "/me/tokens", alice, body)).status).toBe(409);
  const second = textOf((await call("POST", "/me/tokens", alice, { ...body, renew: true })).body, "token");
  expect((await call("GET", "/me/profile", bearer(first))).status).toBe(401);
  expect((await call("GET", "/me/profile", bearer(second))).status).toBe(200);
});

test("a limited token makes no wider token, neither new nor by changing one", async () => {
  const body = { name: "narrow", scopes: ["token:*", "workspace:read"] };
  const narrow = bearer(textOf((await call("POST", "/me/tokens", alice, body)).body, "token"));
  expect((await call("POST", "/me/tokens", narrow, { name: "wide", scopes: ["*"] })).status).toBe(403);
  const made = await call("POST", "/me/tokens", narrow, { name: "same", scopes: ["workspace:read:self"] });
  expect(made.status).toBe(201);
  const id = Reflect.get(Object(made.body), "id");
  expect((await call("PATCH", `/me/tokens/${id}`, narrow, { scopes: ["*"] })).status).toBe(403);
  expect((await call("PATCH", `/me/tokens/${id}`, narrow, { scopes: ["workspace:read"] })).status).toBe(200);
});

test.each([
  [{ name: "x", scopes: [] }],
  [{ name: "x", scopes: ["workspace"] }],
  [{ name: "", scopes: ["*"] }],
  [{ name: "x", scopes: ["*"], expires_at: "tomorrow" }],
  [{ name: "x", scopes: ["*"], expires_at: "2020-01-01T00:00:00Z" }],
])("a token request %j is refused", async (body) => {
  expect((await call("POST", "/me/tokens", alice, body)).status).toBe(400);
});

test("nobody reaches somebody else's token by its number", async () => {
  const [theirs] = await tokens(alice);
  expect((await call("DELETE", `/me/tokens/${theirs?.id}`, mallory)).status).toBe(404);
  expect((await call("PATCH", `/me/tokens/${theirs?.id}`, mallory, { active: false })).status).toBe(404);
  expect((await call("DELETE", `/users/alice/tokens/${theirs?.id}`, mallory)).status).toBe(403);
});

test("a credential is added, listed without its secret, resolved with it, changed and deleted", async () => {
  const git = { scope: "https://git.example", subject: "alice", secret: "s3cret" };
  const added = await call("POST", "/me/credentials/git", alice, git);
  expect(added.status).toBe(201);
  const { id } = userCredential.parse(added.body);
  expect((await call("POST", "/me/credentials/git", alice, git)).status).toBe(409);
  const registry = { scope: "registry.example:5000", subject: "alice", secret: "r3gistry" };
  expect((await call("POST", "/users/alice/credentials/registry", alice, registry)).status).toBe(201);

  const listed = await call("GET", "/me/credentials", alice);
  expect(userCredential.array().parse(listed.body)).toHaveLength(2);
  expect(JSON.stringify(listed.body)).not.toMatch(/s3cret|r3gistry/);
  expect((await call("GET", `/me/credentials?id=${id}`, alice)).body).toMatchObject([{ id }]);

  const scope = encodeURIComponent(git.scope);
  expect((await call("GET", `/users/alice/credentials/git?scope=${scope}`, alice)).body).toMatchObject({
    secret: "s3cret",
  });
  expect((await call("GET", "/me/credentials/registry", alice)).body).toMatchObject({ secret: "r3gistry" });
  expect((await call("GET", "/me/credentials/git?scope=elsewhere", alice)).status).toBe(404);
  expect((await call("GET", "/me/credentials/kubernetes", alice)).status).toBe(404);
  expect((await call("GET", "/me/credentials/ftp", alice)).status).toBe(400);

  expect((await call("PATCH", `/me/credentials?id=${id}`, alice, { secret: "n3w" })).status).toBe(200);
  expect((await call("GET", `/me/credentials/git?scope=${scope}`, alice)).body).toMatchObject({
    secret: "n3w",
  });
  expect((await call("PATCH", `/me/credentials?id=${id}`, alice, { active: false })).body).toMatchObject({
    isActive: false,
  });
  expect((await call("GET", `/me/credentials/git?scope=${scope}`, alice)).status).toBe(404);

  expect((await call("DELETE", `/me/credentials?id=${id}`, mallory)).status, "it is not theirs").toBe(404);
  expect((await call("PATCH", `/me/credentials?id=${id}`, mallory, { secret: "x" })).status).toBe(404);
  expect((await call("DELETE", `/me/credentials?id=${id}`, alice)).status).toBe(204);
  expect((await call("DELETE", "/me/credentials", alice)).status).toBe(400);
});

test("a token for one kind of credential sees and changes that kind only", async () => {
  const kinds = [
    ["git", "https://one.example"],
    ["registry", "one.example"],
  ];
  for (const [kind, scope] of kinds) {
    await call("POST", `/me/credentials/${kind}`, alice, { scope, subject: "a", secret: "b" });
  }
  const body = {
    name: "git-only",
    scopes: ["user:read:credentials:git:self", "user:write:credentials:git:self"],
  };
  const gitOnly = bearer(textOf((await call("POST", "/me/tokens", alice, body)).body, "token"));
  const seen = userCredential.array().parse((await call("GET", "/me/credentials", gitOnly)).body);
  expect(new Set(seen.map(({ serviceName }) => serviceName))).toEqual(new Set(["git"]));
  const all = userCredential.array().parse((await call("GET", "/me/credentials", alice)).body);
  const other = all.find(({ serviceName }) => serviceName === "registry");
  expect((await call("DELETE", `/me/credentials?id=${other?.id}`, gitOnly)).status).toBe(403);
  expect((await call("GET", "/me/credentials/registry?scope=one.example", gitOnly)).status).toBe(403);
  expect((await call("GET", "/users/mallory/credentials", gitOnly)).status).toBe(403);
});

test("the three session lists agree: oldest first, ended ones included, both names for the operations", async () => {
  const store = await createSession({
    dataDir: assembled.server.dataDir,
    identity: inProcessChannel([]).client(IdentityService),
    log: silentLog,
  });
  const sessions = inProcessChannel(store.registrations).client(SessionService);
  const start = BigInt(Math.floor(Date.now() / 1000)) - 100n;
  const record = (sessionId: string, age: bigint, workspace: string) => ({
    session: {
      sessionId,
      username: "alice",
      workspace,
      startTime: start - age,
      bytesIn: 5n,
      operations: ["sh", "pt"],
    },
  });
  await sessions.upsertSession(record("ws-new", 0n, "alice-1"));
  await sessions.upsertSession(record("ws-old", 50n, "alice-2"));
  await sessions.endSession({ sessionId: "ws-old", endTime: start, bytesIn: 7n, bytesOut: 9n });
  await sessions.upsertSession({
    session: { ...record("ws-theirs", 10n, "mallory-1").session, username: "mallory" },
  });
  await store.close();

  const list = async (path: string, credentials: Credentials) =>
    sshSession.array().parse((await call("GET", path, credentials)).body);
  const mine = await list("/me/sessions", alice);
  expect(mine.map(({ sessionID }) => sessionID)).toEqual(["ws-old", "ws-new"]);
  expect(mine[0]).toMatchObject({
    endTime: expect.any(String),
    bytesIn: 7,
    bytesOut: 9,
    channels: ["sh", "pt"],
  });
  expect(mine[1]).toMatchObject({ endTime: null, operations: ["sh", "pt"] });
  expect(await list("/sessions", alice)).toEqual(mine);
  expect(await list("/users/alice/sessions?all=true", assembled.admin)).toEqual(mine);
  expect(await list("/sessions?username=alice", assembled.admin)).toEqual(mine);
  const ids = async (path: string, credentials: Credentials) =>
    (await list(path, credentials)).map(({ sessionID }) => sessionID);
  expect(await ids("/sessions?username=alice&last_n=1", alice)).toEqual(["ws-new"]);
  expect(await ids("/sessions?username=alice&workspace=alice-2&last_n=100", alice)).toEqual(["ws-old"]);
  expect(await ids("/sessions?all=true", assembled.admin)).toEqual(["ws-old", "ws-theirs", "ws-new"]);
  expect(await ids("/sessions?all=true", alice)).toEqual(["ws-old", "ws-new"]);
  expect((await call("GET", "/users/mallory/sessions", alice)).status).toBe(403);
  expect((await call("GET", "/sessions?last_n=many", alice)).status).toBe(400);
});
