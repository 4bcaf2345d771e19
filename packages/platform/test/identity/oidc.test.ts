import { createPublicKey } from "node:crypto";
import { FilterOp, Operator } from "@k8shell/contract/gen/query/v1/query_pb.js";
import { jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import { createVisitor } from "./site-visitor.ts";
import { expectStatus, startIdentity } from "./start-identity.ts";
import { type Accounts, openidClient, startOpenidProvider } from "./start-openid-provider.ts";

const provider = "idp.k8shell.io/oidc";
const callback = "http://k8shell.test:9101/auth/callback";
const redirectUri = `${callback}?provider=idp.k8shell.io%2Foidc&redirect=/`;
const accounts: Accounts = {
  alice: { preferred_username: "Alice", email: "alice@x.test", email_verified: true, name: "Alice A" },
  bob: { preferred_username: "bob@x.test", email: "bob@x.test", email_verified: false, name: "Bob B" },
  nameless: {},
};

const start = async (config: { exactRedirectUri?: boolean; clientSecret?: string } = {}) => {
  const issuer = await startOpenidProvider(accounts, [redirectUri, callback]);
  const started = await startIdentity({
    providers: [
      {
        type: "oidc",
        issuer,
        clientId: openidClient.id,
        clientSecret: openidClient.secret,
        allowInsecure: true,
        ...config,
      },
    ],
  });
  const rule = (fields: object) =>
    started.client.createOnboardRule({
      idp: provider,
      usernamePattern: "*",
      org: "default",
      action: "allow",
      ...fields,
    });
  /** A person signs in at the provider; resolves to what comes back to the callback. */
  const visit = async (login: string) => {
    const { authUrl } = await started.client.onboardUserWebFlow({ provider, redirectUri });
    const target = await createVisitor({ login, password: "any" })(authUrl, callback);
    return {
      target,
      state: target.searchParams.get("state") ?? "",
      code: target.searchParams.get("code") ?? "",
    };
  };
  const signIn = async (login: string) => started.client.completeUserWebFlow(await visit(login));
  return { ...started, rule, visit, signIn };
};

describe("signing in with a real OpenID provider", () => {
  test("creates the user a rule allows, and finds them again", async () => {
    const { client, identity, rule, signIn } = await start();
    await rule({ roles: ["org-admin"], sudo: true });
    const first = await signIn("alice");
    expect(first.newUser).toBe(true);
    const { payload } = await jwtVerify(first.userToken, createPublicKey(identity.publicKeyPem));
    expect(payload).toMatchObject({
      sub: "alice",
      source: provider,
      email: "alice@x.test",
      roles: ["org-admin"],
    });
    expect(await client.findUser({ username: "alice" })).toMatchObject({
      fullname: "Alice A",
      source: provider,
      sudo: true,
    });
    const second = await signIn("alice");
    expect(second.newUser).toBe(false);
  });

  test("works with the redirect address cut to its path", async () => {
    const { rule, visit, client } = await start({ exactRedirectUri: true });
    await rule({});
    const answer = await visit("alice");
    expect(answer.target.searchParams.has("redirect")).toBe(false);
    expect((await client.completeUserWebFlow(answer)).newUser).toBe(true);
  });

  test("makes a name of the part before the @ and does not take an unverified address", async () => {
    const { client, rule, signIn } = await start();
    await rule({});
    await signIn("bob");
    expect(await client.findUser({ username: "bob" })).toMatchObject({ email: "", roles: ["developer"] });
  });

  test("fails when the provider names nobody, or refuses the code or us", async () => {
    const { client, rule, signIn, visit } = await start();
    await rule({});
    await expectStatus(signIn("nameless"), "Unauthenticated");
    const { state } = await visit("alice");
    await expectStatus(client.completeUserWebFlow({ state, code: "made-up" }), "Unauthenticated");
    const wrongSecret = await start({ clientSecret: "wrong" });
    await expectStatus(wrongSecret.signIn("alice"), "Unavailable");
  });

  test("does not exchange a code of another sign-in", async () => {
    const { client, rule, visit } = await start();
    await rule({});
    const [first, second] = [await visit("alice"), await visit("bob")];
    const crossed = client.completeUserWebFlow({ state: first.state, code: second.code });
    await expectStatus(crossed, "Unauthenticated");
  });

  test("is unavailable while the provider cannot be reached", async () => {
    const { client } = await startIdentity({
      providers: [{ type: "oidc", issuer: "http://127.0.0.1:1", clientId: "x", allowInsecure: true }],
    });
    await expectStatus(client.onboardUserWebFlow({ provider, redirectUri }), "Unavailable");
  });
});

describe("onboard rules", () => {
  test("nobody is let in without a rule, or with one that rejects", async () => {
    const { client, rule, signIn } = await start();
    await expectStatus(signIn("alice"), "PermissionDenied");
    await rule({ usernamePattern: "al*", action: "reject", priority: 1 });
    await rule({ priority: 2 });
    await expectStatus(signIn("alice"), "PermissionDenied");
    expect((await signIn("bob")).newUser).toBe(true);
    await expectStatus(client.findUser({ username: "alice" }), "NotFound");
  });

  test("a waitlisted person gets in after an administrator approves", async () => {
    const { client, rule, signIn } = await start();
    await rule({ action: "waitlist", roles: ["developer"] });
    await expectStatus(signIn("alice"), "FailedPrecondition");
    await expectStatus(signIn("alice"), "FailedPrecondition");
    const pending = {
      filters: { op: FilterOp.AND, conditions: [{ field: "status", op: Operator.EQ, values: ["pending"] }] },
    };
    const { rules } = await client.queryOnboardRules({ query: pending });
    expect(rules).toMatchObject([
      { usernamePattern: "alice", idp: provider, org: "default", email: "alice@x.test", fullname: "Alice A" },
    ]);
    const id = rules[0]?.id;
    const user = await client.approveOnboardRequest({ id, decidedBy: "admin" });
    expect(user).toMatchObject({ username: "alice", roles: ["developer"], source: provider });
    await expectStatus(client.approveOnboardRequest({ id, decidedBy: "admin" }), "NotFound");
    expect((await signIn("alice")).newUser).toBe(false);
    const after = await client.queryOnboardRules({});
    expect(after.rules.find((entry) => entry.id === id)).toMatchObject({
      status: "onboarded",
      decidedBy: "admin",
    });
  });

  test("a rejected person stays out", async () => {
    const { client, rule, signIn } = await start();
    await rule({ action: "waitlist" });
    await expectStatus(signIn("alice"), "FailedPrecondition");
    const { rules } = await client.queryOnboardRules({ query: { sort: [{ field: "requestedAt" }] } });
    const rejected = await client.rejectOnboardRequest({ id: rules[0]?.id, decidedBy: "admin", note: "no" });
    expect(rejected).toMatchObject({ status: "rejected", note: "no", decidedBy: "admin" });
    await expectStatus(signIn("alice"), "PermissionDenied");
    await expectStatus(client.rejectOnboardRequest({ id: rules[0]?.id, decidedBy: "admin" }), "NotFound");
  });

  test("a name or address that another user has is a clash, not a way into their account", async () => {
    const { client, rule, signIn } = await start();
    await rule({});
    await client.createUser({ username: "alice", organization: "default" });
    await expectStatus(signIn("alice"), "AlreadyExists");
    await client.deleteUser({ username: "alice" });
    await client.createUser({ username: "carol", organization: "default", email: "alice@x.test" });
    await expectStatus(signIn("alice"), "AlreadyExists");
  });

  test("are checked, replaced and deleted", async () => {
    const { client, rule } = await start();
    const { id } = await rule({ roles: ["developer"], note: "n" });
    const updated = await client.updateOnboardRule({ id, action: "reject", priority: 5 });
    expect(updated).toMatchObject({ action: "reject", priority: 5, roles: [], note: "", status: "none" });
    await expectStatus(rule({ action: "maybe" }), "InvalidArgument");
    await expectStatus(rule({ usernamePattern: "" }), "InvalidArgument");
    await expectStatus(rule({ org: "nope" }), "InvalidArgument");
    await expectStatus(rule({ roles: ["nope"] }), "InvalidArgument");
    await expectStatus(client.approveOnboardRequest({ id, decidedBy: "admin" }), "NotFound");
    await client.deleteOnboardRule({ id });
    await expectStatus(client.deleteOnboardRule({ id }), "NotFound");
    await expectStatus(client.updateOnboardRule({ id, action: "allow" }), "NotFound");
  });
});

test("a person signs in on another device", async () => {
  const { client, rule } = await start();
  await rule({});
  expect(await client.getUserOnboardCapability({ username: "alice" })).toMatchObject({
    provider,
    canOnboard: true,
  });
  const begun = await client.onboardUserDeviceFlow({ provider, username: "alice" });
  const done = client.completeUserDeviceFlow({ provider, username: "alice" }, { timeoutMs: 25_000 });
  const visit = createVisitor({ user_code: begun.userCode, login: "alice", password: "any" });
  await visit(begun.verificationUrl, "never:");
  await done;
  expect((await client.findUser({ username: "alice" })).source).toBe(provider);
  expect((await client.getUserOnboardCapability({ username: "alice" })).canOnboard).toBe(false);
});
