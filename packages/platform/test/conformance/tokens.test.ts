import { createPublicKey } from "node:crypto";
import { jwtVerify } from "jose";
import { expect, test } from "vitest";
import { expectStatus, startIdentity } from "../identity/start-identity.ts";

// grpc-behaviour section 2, as a gateway of any make relies on it.

const withAlice = async () => {
  const started = await startIdentity();
  await started.client.createUser({ username: "alice", organization: "default", password: "correct horse" });
  return started;
};

test("neither a token, nor a password, nor the issuing of a JWT looks at the lock: that is the gateway's to do", async () => {
  const { client } = await withAlice();
  const { token } = await client.createAccessToken({ username: "alice", name: "x", scopes: ["*"] });
  await client.updateUser({ username: "alice", locked: true });
  expect((await client.resolveAccessToken({ token })).user?.locked).toBe(true);
  expect(await client.authUserPassword({ username: "alice", password: "correct horse" })).toMatchObject({
    valid: true,
    locked: false,
    user: { username: "alice", locked: true },
  });
  expect((await client.issueUserToken({ username: "alice" })).userToken).toMatch(/^ey/);
});

test("a JWT has no key id, no scopes, no nbf, and its organization is the claim org", async () => {
  const { client, identity } = await withAlice();
  const { token } = await client.createAccessToken({ username: "alice", name: "x", scopes: ["user:list"] });
  for (const { userToken } of [
    await client.issueUserToken({ username: "alice" }),
    await client.resolveAccessToken({ token }),
  ]) {
    const { payload, protectedHeader } = await jwtVerify(userToken, createPublicKey(identity.publicKeyPem));
    expect(protectedHeader).toEqual({ alg: "ES256", typ: "JWT" });
    for (const claim of ["nbf", "scope", "scopes", "organization", "sudo", "pat"]) {
      expect(payload, claim).not.toHaveProperty(claim);
    }
    expect(payload.org).toBe("default");
  }
});

const accepted = [
  "*",
  "workspace:*",
  "workspace:*:self",
  "workspace:connect:*:self",
  "workspace:app:*:self",
  "workspace:files:self",
  "session:*",
  "session:list:self",
  "user:*",
  "user:read:*:self",
  "user:read:credentials:*:self",
  "user:read:credentials:git:self",
  "user:write:*",
  "user:write:credentials:*",
  "user:write:password:self",
  "user:write:posix",
  "token:*:self",
  "role:*",
  "org:*",
  "org:envvar:*",
  "org:envvar:read",
  "blueprints:read",
  "audit:list",
];
const refused = [
  "",
  "*:self",
  "session:*:self",
  "user:*:self",
  "user:write:*:self",
  "user:write:credentials:*:self",
  "role:*:self",
  "org:*:self",
  "org:envvar:*:self",
  "user:list:self",
  "user:write:sudo:self",
  "user:write:locked:self",
  "user:write:org:self",
  "user:write:posix:self",
  "role:list:self",
  "audit:list:self",
  "blueprints:read:self",
  "blueprints:*",
  "audit:*",
  "workspace:connect",
  "user:read",
  "user:write:blueprints",
  "user:create",
  "user:exists:username",
  "workspace:provision",
  "session:start",
  "ssh:shell",
  "org:read",
  "onboardrule:list",
  "workspace",
  "workspace:",
  "Workspace:list",
  " workspace:list",
];

test("the scopes a token may have are those of the catalogue, and :self goes only where it may", async () => {
  const { client } = await withAlice();
  const status = async (scope: string) => {
    const request = { username: "alice", name: `for ${scope}`, scopes: [scope] };
    return client.createAccessToken(request).then(
      () => "Ok",
      (error) => error.status,
    );
  };
  for (const scope of accepted) expect(await status(scope), scope).toBe("Ok");
  for (const scope of refused) expect(await status(scope), scope).toBe("InvalidArgument");
});

test("scopes are validated on an update as well, and a renewal keeps the id, revives and ignores active", async () => {
  const { client } = await withAlice();
  const token = { username: "alice", name: "x", scopes: ["*"] };
  const first = await client.createAccessToken({ ...token, active: false });
  await expectStatus(
    client.updateAccessToken({ id: first.id, username: "alice", scopes: { scopes: ["*:self"] } }),
    "InvalidArgument",
  );
  await expectStatus(client.createAccessToken(token), "Internal");
  const renewed = await client.createAccessToken({ ...token, renew: true, active: false });
  expect(renewed.id).toBe(first.id);
  expect((await client.resolveAccessToken({ token: renewed.token })).user?.username).toBe("alice");
});

test("roles admin and org-admin are there from the beginning and grant every blueprint", async () => {
  const { client } = await startIdentity();
  const { roles } = await client.listGlobalRoles({});
  for (const name of ["admin", "org-admin"]) {
    expect(roles).toContainEqual(expect.objectContaining({ name, org: "", blueprints: ["*"] }));
  }
});
