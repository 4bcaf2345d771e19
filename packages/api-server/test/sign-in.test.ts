import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type GatewayHarness, sessionCookie, startGateway } from "./gateway-harness.ts";

let gateway: GatewayHarness;
beforeAll(async () => {
  gateway = await startGateway();
  for (const username of ["alice", "bob", "carol"]) await gateway.addUser(username);
});
afterAll(() => gateway.close());

const profile = async (cookie: string) =>
  (await gateway.api("GET", "/me/profile", { headers: { cookie } })).status;

test("a page completes a sign-in with JSON and is told where to go", async () => {
  const { state, code, cookie } = await gateway.signInCode("alice");
  const done = await gateway.api("POST", "/auth/callback", {
    json: { state, code, redirect: "/workspaces?x=1" },
    headers: { cookie, origin: gateway.url, "sec-fetch-site": "same-origin", accept: "application/json" },
  });
  expect(done.status).toBe(200);
  expect(await done.json()).toEqual({
    username: "alice",
    redirect: "/workspaces?x=1",
    newUser: expect.any(Boolean),
  });
  expect(await profile(sessionCookie(done))).toBe(200);
});

test("a form completes a sign-in and is redirected, never to another site", async () => {
  for (const [redirect, location] of [
    ["/workspaces", "/workspaces"],
    ["https://evil.example", "/"],
    ["//evil.example", "/"],
  ] as const) {
    const { state, code, cookie } = await gateway.signInCode("alice");
    const done = await gateway.api("POST", "/auth/callback", {
      body: new URLSearchParams({ state, code, redirect }),
      headers: { cookie, accept: "text/html" },
    });
    expect([done.status, done.headers.get("location")]).toEqual([303, location]);
    expect(await profile(sessionCookie(done))).toBe(200);
  }
});

test("the identity provider's redirect completes a sign-in at the root and below the API", async () => {
  for (const path of ["/auth/callback", "/api/v1/auth/callback", "/auth/callback/"]) {
    const { state, code, cookie } = await gateway.signInCode("alice");
    const query = new URLSearchParams({
      state,
      code,
      redirect: "/workspaces",
      provider: "idp.k8shell.io/local",
    });
    const done = await fetch(`${gateway.url}${path}?${query}`, {
      redirect: "manual",
      headers: { cookie, accept: "text/html", "upgrade-insecure-requests": "1" },
    });
    expect([done.status, done.headers.get("location")]).toEqual([302, "/workspaces"]);
    const set = done.headers.getSetCookie();
    expect(set[0]).toMatch(/^k8shell-session=[\w-]{43}; Path=\/; Max-Age=86400; HttpOnly; SameSite=Lax$/);
    expect(set[1]).toMatch(/^k8shell-login-\w+=; .*Max-Age=0/);
  }
});

test("an API client without cookies can complete a sign-in it began", async () => {
  const { state, code } = await gateway.signInCode("alice");
  const done = await gateway.api("POST", "/auth/callback", { json: { state, code } });
  expect(done.status).toBe(200);
});

test("a person whose sign-in fails gets a page, a program JSON, with the same status", async () => {
  const query = new URLSearchParams({ state: "made-up", code: "<script>alert(1)</script>" });
  const page = await fetch(`${gateway.url}/auth/callback?${query}`, { headers: { accept: "text/html,*/*" } });
  expect(page.status).toBe(400);
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
  expect(await page.text()).toContain("start again");
  const denied = new URLSearchParams({ state: "x", error: "denied", error_description: "<img src=x>" });
  const refused = await fetch(`${gateway.url}/auth/callback?${denied}`, { headers: { accept: "text/html" } });
  expect(refused.status).toBe(403);
  expect(await refused.text()).not.toContain("<img");
  const program = await fetch(`${gateway.url}/auth/callback?${query}`);
  expect(await program.json()).toMatchObject({ status: 400, code: "bad_request" });
});

test("signing in again replaces the browser's session", async () => {
  const old = await gateway.signIn("alice");
  const { state, code, cookie } = await gateway.signInCode("alice");
  const done = await gateway.api("POST", "/auth/callback", {
    json: { state, code },
    headers: { cookie: `${cookie}; ${old}` },
  });
  expect(sessionCookie(done)).not.toBe(old);
  expect(await profile(sessionCookie(done))).toBe(200);
  expect(await profile(old)).toBe(401);
});

test("a locked account cannot sign in, and its sessions and tokens stop working", async () => {
  const session = await gateway.signIn("bob");
  const jwt = await gateway.issueJwt("bob");
  await gateway.gateway.accounts.setLocked("bob", true);
  const { state, code, cookie } = await gateway.signInCode("bob");
  const refused = await gateway.api("POST", "/auth/callback", { json: { state, code }, headers: { cookie } });
  expect(await refused.json()).toMatchObject({ status: 403, code: "account_locked" });
  expect(refused.headers.getSetCookie().join()).not.toContain("k8shell-session=");
  expect(await profile(session)).not.toBe(200);
  expect((await gateway.api("GET", "/me/profile", { token: jwt })).status).toBe(403);
});

test("revoking a user ends their sessions and lets them sign in again", async () => {
  const session = await gateway.signIn("alice");
  await gateway.gateway.accounts.revokeUser("alice");
  expect(await profile(session)).toBe(401);
  expect(await profile(await gateway.signIn("alice"))).toBe(200);
});

test("a policy can forbid signing in on the web", async () => {
  const directory = join(gateway.dataDir, "policies");
  expect(await readdir(directory)).not.toEqual([]);
  await writeFile(
    join(directory, "no-carol.cedar"),
    '@id("no-carol")\nforbid (principal, action == Action::"user:auth", resource) when { principal.username == "carol" };\n',
  );
  await vi.waitFor(
    async () => {
      const { state, code, cookie } = await gateway.signInCode("carol");
      const refused = await gateway.api("POST", "/auth/callback", {
        json: { state, code },
        headers: { cookie },
      });
      expect(refused.status).toBe(403);
      expect(sessionCookie(refused)).toBe("");
    },
    { interval: 200, timeout: 60_000 },
  );
});
