import { createPublicKey } from "node:crypto";
import { jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import { createBrowser } from "./browser.ts";
import { expectStatus, startIdentity } from "./start-identity.ts";

const provider = "idp.k8shell.io/local";
const redirectUri = "http://k8shell.test:9101/auth/callback?provider=idp.k8shell.io%2Flocal&redirect=/";
const password = "correct horse";

const start = async (options: Parameters<typeof startIdentity>[0] = {}) => {
  const started = await startIdentity(options);
  await started.client.createUser({ username: "alice", organization: "default", password });
  const browser = createBrowser(started.identity.signIn);
  const begin = (fields: { cliState?: string; createPat?: boolean } = {}) =>
    started.client.onboardUserWebFlow({ provider, redirectUri, ...fields });
  return { ...started, browser, begin };
};

/** Signs alice in on the page and returns what the browser is sent back with. */
const signInOnPage = async (browser: ReturnType<typeof createBrowser>, authUrl: string) => {
  const page = await browser.open(authUrl);
  const answer = await browser.submit(page, { username: "alice", password });
  expect(answer.status).toBe(303);
  const target = new URL(answer.location ?? "");
  return {
    target,
    state: target.searchParams.get("state") ?? "",
    code: target.searchParams.get("code") ?? "",
  };
};

test("a person signs in with a password on the page and gets a user token", async () => {
  const { client, identity, browser, begin } = await start();
  const flow = await begin();
  expect(flow).toMatchObject({ provider, expiresIn: 600 });
  expect(Buffer.from(flow.state, "base64url").toString()).toMatch(/^idp\.k8shell\.io\/local:[\w-]{43}$/);
  expect(flow.authUrl).toBe(`http://k8shell.test:9101/signin?state=${flow.state}`);
  const { target, state, code } = await signInOnPage(browser, flow.authUrl);
  expect(`${target.origin}${target.pathname}`).toBe("http://k8shell.test:9101/auth/callback");
  expect(target.searchParams.get("redirect")).toBe("/");
  expect(state).toBe(flow.state);
  const answer = await client.completeUserWebFlow({ state, code });
  expect(answer).toMatchObject({ pat: "", cliState: "", patError: "", newUser: false });
  const { payload } = await jwtVerify(answer.userToken, createPublicKey(identity.publicKeyPem));
  expect(payload).toMatchObject({ sub: "alice", source: "local" });
});

test("the page is inert, private and not to be framed", async () => {
  const { browser, begin } = await start();
  const { text, headers } = await browser.open((await begin()).authUrl);
  expect(text).not.toMatch(/<script|style="| on\w+=/i);
  expect(headers.get("content-security-policy")).toBe(
    "default-src 'none'; style-src 'self'; form-action 'self' http://k8shell.test:9101; base-uri 'none'; frame-ancestors 'none'",
  );
  expect(headers.get("cache-control")).toBe("no-store");
  expect(headers.get("set-cookie")).toMatch(/; Path=\/signin; Max-Age=3600; HttpOnly; SameSite=Lax$/);
  expect((await browser.open("/signin/style.css")).headers.get("content-type")).toMatch("text/css");
  expect((await browser.open("/signin/other")).status).toBe(404);
});

describe("a command line login", () => {
  test("gets its state back and a token named after the flow", async () => {
    const { client, browser, begin } = await start();
    const flow = await begin({ cliState: "0123456789abcdef", createPat: true });
    const wrapped = JSON.parse(Buffer.from(flow.state, "base64url").toString());
    expect(wrapped).toEqual({ s: expect.any(String), c: "0123456789abcdef", p: true });
    expect((await browser.open(flow.authUrl)).text).toContain("command line client");
    const answer = await client.completeUserWebFlow(await signInOnPage(browser, flow.authUrl));
    expect(answer).toMatchObject({ cliState: "0123456789abcdef", patError: "" });
    expect((await client.resolveAccessToken({ token: answer.pat })).scopes).toEqual(["*"]);
    const { tokens } = await client.listAccessTokens({ username: "alice" });
    expect(tokens[0]?.name).toMatch(/^OAuth-[0-9a-f]{8}$/);
  });
});

describe("a state", () => {
  test("is good once", async () => {
    const { client, browser, begin } = await start();
    const answer = await signInOnPage(browser, (await begin()).authUrl);
    await client.completeUserWebFlow(answer);
    await expectStatus(client.completeUserWebFlow(answer), "InvalidArgument");
  });

  test("is used up by a wrong code", async () => {
    const { client, browser, begin } = await start();
    const answer = await signInOnPage(browser, (await begin()).authUrl);
    await expectStatus(client.completeUserWebFlow({ ...answer, code: "x".repeat(43) }), "Unauthenticated");
    await expectStatus(client.completeUserWebFlow(answer), "InvalidArgument");
  });

  test("expires after ten minutes", async () => {
    const { client, browser, begin, clock } = await start();
    const flow = await begin();
    const answer = await signInOnPage(browser, flow.authUrl);
    clock.now += 601_000;
    expect((await browser.open(flow.authUrl)).status).toBe(400);
    await expectStatus(client.completeUserWebFlow(answer), "InvalidArgument");
  });

  test("that nobody answered, was changed or made up does not sign in", async () => {
    const { client, begin } = await start();
    const flow = await begin();
    await expectStatus(client.completeUserWebFlow({ state: flow.state, code: "x" }), "Unauthenticated");
    const madeUp = (text: string) => Buffer.from(text).toString("base64url");
    const complete = (state: string) => client.completeUserWebFlow({ state, code: "x" });
    await expectStatus(complete(madeUp(`${provider}:nonce`)), "InvalidArgument");
    await expectStatus(complete(madeUp("idp.k8shell.io/none:nonce")), "NotFound");
    await expectStatus(complete(madeUp('{"s":1}')), "InvalidArgument");
    await expectStatus(complete("***"), "InvalidArgument");
    await expectStatus(complete(""), "InvalidArgument");
  });

  test("is answered on the page once", async () => {
    const { browser, begin } = await start();
    const flow = await begin();
    const page = await browser.open(flow.authUrl);
    const fields = { username: "alice", password };
    expect((await browser.submit(page, fields)).status).toBe(303);
    expect((await browser.submit(page, fields)).status).toBe(400);
  });
});

test.each([
  ["an unknown provider", { provider: "idp.k8shell.io/none" }, "NotFound"],
  ["a relative redirect", { redirectUri: "/auth/callback" }, "InvalidArgument"],
  ["a script as redirect", { redirectUri: "javascript:alert(1)" }, "InvalidArgument"],
])("a sign-in with %s is refused", async (_title, fields, status) => {
  const { client } = await start();
  await expectStatus(client.onboardUserWebFlow({ provider, redirectUri, ...fields }), status);
});

describe("the form", () => {
  test("does not tell a wrong password from an unknown user, and keeps what was typed as text", async () => {
    const { browser, begin } = await start();
    const page = await browser.open((await begin()).authUrl);
    const wrong = await browser.submit(page, { username: "alice", password: "nope" });
    const unknown = await browser.submit(page, { username: '"><b>x', password: "nope" });
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(wrong.text).toContain("The username or password is not right.");
    expect(unknown.text).toContain("The username or password is not right.");
    expect(unknown.text).toContain('value="&quot;&gt;&lt;b&gt;x"');
  });

  test("says when the password is locked", async () => {
    const { browser, begin } = await start();
    const page = await browser.open((await begin()).authUrl);
    for (let i = 0; i < 5; i++) await browser.submit(page, { username: "alice", password: "nope" });
    const locked = await browser.submit(page, { username: "alice", password });
    expect(locked.status).toBe(429);
    expect(locked.text).toContain("Wait 15 minutes");
  });

  test("is not accepted from another browser, another sign-in or another site", async () => {
    const { identity, browser, begin } = await start();
    const first = await begin();
    const second = await begin();
    const page = await browser.open(first.authUrl);
    const fields = { username: "alice", password };
    const stranger = createBrowser(identity.signIn);
    expect((await stranger.submit(page, fields)).status).toBe(400);
    await stranger.open(first.authUrl);
    expect((await stranger.submit(page, fields)).status).toBe(400);
    expect((await browser.submit(page, { ...fields, state: second.state })).status).toBe(400);
    expect((await browser.submit(page, fields, { "sec-fetch-site": "cross-site" })).status).toBe(400);
    expect((await browser.submit(page, fields)).status).toBe(303);
  });

  test.each([
    ["of another type", "{}", "application/json"],
    ["that is too large", `a=${"x".repeat(20_000)}`, "application/x-www-form-urlencoded"],
  ])("a body %s is refused", async (_title, body, type) => {
    const { browser, begin } = await start();
    await browser.open((await begin()).authUrl);
    expect((await browser.post(body, { "content-type": type })).status).toBe(400);
  });
});

test("a locked account does not get in", async () => {
  const { client, browser, begin } = await start();
  await client.updateUser({ username: "alice", locked: true });
  const answer = await signInOnPage(browser, (await begin()).authUrl);
  await expectStatus(client.completeUserWebFlow(answer), "PermissionDenied");
});

describe("a one-time link", () => {
  /** Follows the link as far as the gateway's login endpoint, then comes back with a sign-in begun there. */
  const follow = async ({ identity, begin, browser }: Awaited<ReturnType<typeof start>>, fields = {}) => {
    const link = await identity.oneTimeLink("alice");
    const opened = await browser.open(link);
    return { link, opened, back: await browser.open((await begin(fields)).authUrl) };
  };

  test("signs in once without a password", async () => {
    const started = await start();
    const { link, opened, back } = await follow(started);
    expect(link).toMatch(/^http:\/\/k8shell\.test:9101\/signin\/once\?token=[\w-]{43}$/);
    expect(opened.status).toBe(302);
    const login = new URL(opened.location ?? "");
    expect(login.pathname).toBe("/api/v1/auth/login");
    expect(Object.fromEntries(login.searchParams)).toEqual({
      provider,
      redirect_uri: "http://k8shell.test:9101/auth/callback?redirect=/",
    });
    expect(back.status).toBe(302);
    const target = new URL(back.location ?? "");
    const answer = {
      state: target.searchParams.get("state") ?? "",
      code: target.searchParams.get("code") ?? "",
    };
    expect((await started.client.completeUserWebFlow(answer)).userToken).not.toBe("");
    expect(started.browser.cookies.has("k8shell-once")).toBe(false);
    const again = await started.browser.open(link);
    expect(again.status).toBe(410);
    expect(again.text).toContain("Restarting the server prints a new link");
  });

  test("does not work after 15 minutes, when made up, or for a user that does not exist", async () => {
    const { identity, browser, clock } = await start();
    const link = await identity.oneTimeLink("alice");
    clock.now += 15 * 60_000;
    expect((await browser.open(link)).status).toBe(410);
    expect((await browser.open(`/signin/once?token=${"x".repeat(43)}`)).status).toBe(410);
    expect((await browser.open("/signin/once")).status).toBe(410);
    await expectStatus(identity.oneTimeLink("nobody"), "NotFound");
  });

  test("does not sign in a command line without asking", async () => {
    const { back } = await follow(await start(), { cliState: "x", createPat: true });
    expect(back.status).toBe(200);
    expect(back.text).toContain("command line client");
  });
});
