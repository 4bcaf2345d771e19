import { createPublicKey } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import { sqliteFiles } from "../postgres/test-database.ts";
import { expectStatus, startIdentity } from "./start-identity.ts";

const withAlice = async () => {
  const started = await startIdentity();
  await started.client.createUser({
    username: "alice",
    organization: "default",
    fullname: "Alice A",
    email: "a@b.c",
    roles: ["developer"],
  });
  return started;
};

describe("a user token", () => {
  test("carries the documented claims and verifies with the public key", async () => {
    const { client, identity } = await withAlice();
    const { userToken } = await client.issueUserToken({ username: "alice", source: "" });
    const { payload, protectedHeader } = await jwtVerify(userToken, createPublicKey(identity.publicKeyPem), {
      issuer: "identity.k8shell",
      audience: "k8shell",
      algorithms: ["ES256"],
    });
    expect(protectedHeader).toEqual({ alg: "ES256", typ: "JWT" });
    expect(payload).toEqual({
      sub: "alice",
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iss: "identity.k8shell",
      aud: ["k8shell"],
      iat: Math.floor(Number(payload.iatMs) / 1000),
      iatMs: expect.any(Number),
      exp: (payload.iat ?? 0) + 3600,
      email: "a@b.c",
      name: "Alice A",
      uid: 10_000,
      gid: 10_000,
      roles: ["developer"],
      org: "default",
      source: "local",
      shell: "/bin/sh",
    });
    await expectStatus(client.issueUserToken({ username: "bob", source: "" }), "NotFound");
  });

  test("says who may use sudo and how the user signed in", async () => {
    const { client, identity } = await withAlice();
    await client.updateUser({ username: "alice", sudo: true });
    const { userToken } = await client.issueUserToken({ username: "alice", source: "idp.k8shell.io/github" });
    const { payload } = await jwtVerify(userToken, createPublicKey(identity.publicKeyPem));
    expect(payload).toMatchObject({ sudo: true, source: "idp.k8shell.io/github" });
  });

  test("is signed with a key that survives a restart and that only the owner can read", async () => {
    const first = await startIdentity();
    const second = await startIdentity({ dataDir: first.dataDir });
    expect(second.identity.publicKeyPem).toBe(first.identity.publicKeyPem);
    const keys = join(first.dataDir, "keys");
    for (const file of sqliteFiles("identity.db", "identity.db-wal"))
      expect((await stat(join(first.dataDir, file))).mode & 0o777).toBe(0o600);
    for (const file of await readdir(keys)) expect((await stat(join(keys, file))).mode & 0o777).toBe(0o600);
    expect(await readdir(keys)).toHaveLength(2);
  });
});

describe("an access token", () => {
  test("has the documented form and only its hash is stored", async () => {
    const { client, dataDir } = await withAlice();
    const { id, token } = await client.createAccessToken({ username: "alice", name: "cli", scopes: ["*"] });
    expect(token).toMatch(/^k8sh_[A-Za-z0-9_-]{43}$/);
    const { tokens } = await client.listAccessTokens({ username: "alice" });
    expect(tokens).toMatchObject([
      {
        id,
        name: "cli",
        scopes: ["*"],
        isActive: true,
        tokenPreview: token.slice(0, 13),
      },
    ]);
    for (const file of await readdir(dataDir)) {
      if (file === "keys") continue;
      expect((await readFile(join(dataDir, file))).includes(token.slice(13))).toBe(false);
    }
  });

  test("resolves to its user, its scopes and a user token", async () => {
    const { client, identity } = await withAlice();
    const { token } = await client.createAccessToken({
      username: "alice",
      name: "cli",
      scopes: ["session:list:self"],
    });
    const { user, scopes, userToken } = await client.resolveAccessToken({ token });
    expect(user?.username).toBe("alice");
    expect(scopes).toEqual(["session:list:self"]);
    const { payload } = await jwtVerify(userToken, createPublicKey(identity.publicKeyPem));
    expect(payload.sub).toBe("alice");
  });

  test("brings the same user token until half its life is over or the user changes", async () => {
    const { client, clock } = await withAlice();
    const { token } = await client.createAccessToken({ username: "alice", name: "cli", scopes: ["*"] });
    const userToken = async () => (await client.resolveAccessToken({ token })).userToken;
    const first = await userToken();
    clock.now += 1000_000;
    expect(await userToken()).toBe(first);
    clock.now += 1000_000;
    const second = await userToken();
    expect(second).not.toBe(first);
    await client.addUserRoles({ username: "alice", roles: ["admin"] });
    expect(await userToken()).not.toBe(second);
  });

  test("brings a user token of the asked lifetime that does not outlive it", async () => {
    const { client, clock, identity } = await withAlice();
    const expiresAt = timestampFromMs(clock.now + 100_000);
    const { token } = await client.createAccessToken({
      username: "alice",
      name: "cli",
      scopes: ["*"],
      expiresAt,
    });
    const lifetime = async (seconds: number) => {
      const { userToken } = await client.resolveAccessToken({ token, expiry: { seconds: BigInt(seconds) } });
      const { payload } = await jwtVerify(userToken, createPublicKey(identity.publicKeyPem));
      return (payload.exp ?? 0) - (payload.iat ?? 0);
    };
    expect(await lifetime(30)).toBe(30);
    expect(await lifetime(3600)).toBeLessThanOrEqual(100);
    await expectStatus(client.resolveAccessToken({ token, expiry: { seconds: 0n } }), "InvalidArgument");
  });

  test("is refused when it is empty, unknown, inactive, expired or its user is gone", async () => {
    const { client, clock } = await withAlice();
    await expectStatus(client.resolveAccessToken({ token: "" }), "InvalidArgument");
    await expectStatus(client.resolveAccessToken({ token: `k8sh_${"a".repeat(43)}` }), "Unauthenticated");
    const expiresAt = timestampFromMs(clock.now + 60_000);
    const made = await client.createAccessToken({ username: "alice", name: "cli", scopes: ["*"], expiresAt });
    await client.resolveAccessToken({ token: made.token });
    await client.updateAccessToken({ id: made.id, username: "alice", active: false });
    await expectStatus(client.resolveAccessToken({ token: made.token }), "Unauthenticated");
    await client.updateAccessToken({ id: made.id, username: "alice", active: true });
    await client.resolveAccessToken({ token: made.token });
    clock.now += 60_000;
    await expectStatus(client.resolveAccessToken({ token: made.token }), "Unauthenticated");
  });

  test.each([
    ["no scope", { scopes: [] }],
    ["an unknown scope", { scopes: ["workspace:connect"] }],
    ["no name", { name: " " }],
    ["an expiry in the past", { expiresAt: timestampFromMs(1) }],
    ["an expiry after year 9999", { expiresAt: { seconds: 1n << 62n } }],
  ])("%s is an invalid argument", async (_title, fields) => {
    const { client } = await withAlice();
    const request = { username: "alice", name: "x", scopes: ["*"], ...fields };
    await expectStatus(client.createAccessToken(request), "InvalidArgument");
  });

  test("needs a user, and a name that is free unless it is renewed", async () => {
    const { client } = await withAlice();
    await expectStatus(client.createAccessToken({ username: "bob", name: "x", scopes: ["*"] }), "NotFound");
    const first = await client.createAccessToken({ username: "alice", name: "x", scopes: ["*"] });
    await expectStatus(client.createAccessToken({ username: "alice", name: "x", scopes: ["*"] }), "Internal");
    await client.revokeAccessToken({ id: first.id, username: "alice" });
    const second = await client.createAccessToken({
      username: "alice",
      name: "x",
      scopes: ["user:list"],
      renew: true,
      active: false,
    });
    expect(second.id).toBe(first.id);
    await expectStatus(client.resolveAccessToken({ token: first.token }), "Unauthenticated");
    expect((await client.resolveAccessToken({ token: second.token })).scopes).toEqual(["user:list"]);
  });

  test("is changed and revoked only as its own user's, and deleted by its id", async () => {
    const { client } = await withAlice();
    await client.createUser({ username: "bob", organization: "default" });
    const made = await client.createAccessToken({ username: "alice", name: "x", scopes: ["*"] });
    await expectStatus(client.revokeAccessToken({ id: made.id, username: "bob" }), "NotFound");
    await expectStatus(client.updateAccessToken({ id: made.id, username: "bob", active: false }), "NotFound");
    const { token } = await client.updateAccessToken({
      id: made.id,
      username: "alice",
      scopes: { scopes: ["user:list"] },
    });
    expect(token?.scopes).toEqual(["user:list"]);
    const none = { id: made.id, username: "alice", scopes: { scopes: [] } };
    await expectStatus(client.updateAccessToken(none), "InvalidArgument");
    expect((await client.resolveAccessToken({ token: made.token })).scopes).toEqual(["user:list"]);
    await client.deleteAccessToken({ id: made.id });
    await expectStatus(client.resolveAccessToken({ token: made.token }), "Unauthenticated");
    await expectStatus(client.deleteAccessToken({ id: made.id }), "NotFound");
  });

  test("records when it was used", async () => {
    const { client, clock } = await withAlice();
    const made = await client.createAccessToken({ username: "alice", name: "x", scopes: ["*"] });
    await client.resolveAccessToken({ token: made.token });
    // Nobody waits for that to be written.
    const lastUsed = async () => (await client.listAccessTokens({ username: "alice" })).tokens[0]?.lastUsedAt;
    await expect.poll(lastUsed).toEqual(timestampFromMs(clock.now));
  });
});
