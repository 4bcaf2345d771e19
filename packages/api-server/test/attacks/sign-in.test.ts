import { afterAll, beforeAll, expect, test } from "vitest";
import { type GatewayHarness, startGateway } from "../gateway-harness.ts";

let gateway: GatewayHarness;
beforeAll(async () => {
  gateway = await startGateway();
  await gateway.addUser("alice");
});
afterAll(() => gateway.close());

const provider = "idp.k8shell.io/local";
const begin = (redirectUri = `${gateway.url}/auth/callback?redirect=/`, more: Record<string, string> = {}) =>
  gateway.api("GET", `/auth/login?${new URLSearchParams({ provider, redirect_uri: redirectUri, ...more })}`);
const stateOf = (response: Response) =>
  new URL(response.headers.get("location") ?? "", gateway.url).searchParams.get("state") ?? "";
const callback = (body: unknown, headers: Record<string, string> = {}) =>
  gateway.api("POST", "/auth/callback", { json: body, headers });

test("open redirect: a redirect_uri of another site is refused", async () => {
  for (const uri of [
    "https://evil.example/cb",
    "//evil.example",
    "javascript:alert(1)",
    "http://127.0.0.1.evil.example/",
  ]) {
    expect((await begin(uri)).status).toBe(400);
  }
  expect((await begin()).status).toBe(302);
});

test("an unknown provider is a 404, a missing one a 400 that names the parameter", async () => {
  const unknown = await gateway.api(
    "GET",
    `/auth/login?${new URLSearchParams({ provider: "nope", redirect_uri: `${gateway.url}/auth/callback` })}`,
  );
  expect(unknown.status).toBe(404);
  const missing = await gateway.api("GET", "/auth/login?redirect_uri=http://x");
  expect(missing.status).toBe(400);
  expect(((await missing.json()) as { msg: string }).msg).toContain("provider");
});

test("a state that was never begun is refused", async () => {
  expect((await callback({ code: "c", state: "made-up" })).status).toBe(400);
});

test("login cross-site forgery: a browser without the cookie of this sign-in is refused", async () => {
  const state = stateOf(await begin());
  const refused = await callback({ code: "c", state }, { origin: gateway.url });
  expect(refused.status).toBe(400);
  expect(((await refused.json()) as { msg: string }).msg).toContain("another browser");
});

test("login cross-site forgery: the cookie of another sign-in does not do", async () => {
  const first = await begin();
  const second = await begin();
  const [name] = (first.headers.getSetCookie()[0] ?? "").split("=");
  const [, value] = (second.headers.getSetCookie()[0] ?? "").split(/[=;]/);
  const refused = await callback({ code: "c", state: stateOf(first) }, { cookie: `${name}=${value}` });
  expect(((await refused.json()) as { msg: string }).msg).toContain("another browser");
});

test("the cookie that binds a sign-in is out of reach of scripts and expires soon", async () => {
  const [cookie = ""] = (await begin()).headers.getSetCookie();
  expect(cookie).toMatch(/; HttpOnly/);
  expect(cookie).toMatch(/; SameSite=Lax/);
  expect(cookie).toMatch(/; Max-Age=900/);
});

test("replay: a state can be used once, also by two callbacks at the same moment", async () => {
  const begun = await begin();
  const state = stateOf(begun);
  const cookie = begun.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const answers = await Promise.all([1, 2, 3].map(() => callback({ code: "wrong", state }, { cookie })));
  const texts = await Promise.all(
    answers.map(async (answer) => ((await answer.json()) as { msg: string }).msg),
  );
  expect(texts.filter((text) => text.includes("was used already")).length).toBe(2);
});

test("session fixation: the session id that a browser brings to sign-in is not kept", async () => {
  const planted = `k8shell-session=${"A".repeat(43)}`;
  const cookie = await gateway.signIn("alice");
  expect(cookie).not.toBe(planted);
  expect((await gateway.api("GET", "/me/profile", { headers: { cookie: planted } })).status).toBe(401);
  expect((await gateway.api("GET", "/me/profile", { headers: { cookie } })).status).toBe(200);
});

test("CSRF: another site cannot sign a user out or change anything with their cookie", async () => {
  const cookie = await gateway.signIn("alice");
  const foreign: Array<Record<string, string>> = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];
  for (const headers of foreign) {
    expect((await gateway.api("POST", "/auth/logout", { headers: { cookie, ...headers } })).status).toBe(403);
    const change = await gateway.api("PATCH", "/me/profile", {
      json: { fullname: "Mallory" },
      headers: { cookie, ...headers },
    });
    expect(change.status).toBe(403);
  }
  expect(
    (await gateway.api("GET", "/me/profile", { headers: { cookie, origin: "https://evil.example" } })).status,
  ).toBe(200);
  const own = await gateway.api("PATCH", "/me/profile", {
    json: { fullname: "Alice" },
    headers: { cookie, origin: gateway.url, "sec-fetch-site": "same-origin" },
  });
  expect(own.status).toBe(200);
});

test("logout ends the session, clears the cookie and may be repeated", async () => {
  const cookie = await gateway.signIn("alice");
  for (let i = 0; i < 2; i += 1) {
    const out = await gateway.api("POST", "/auth/logout", { headers: { cookie } });
    expect(out.status).toBe(204);
    expect(out.headers.getSetCookie()[0]).toMatch(/^k8shell-session=; .*Max-Age=0/);
  }
  const after = await gateway.api("GET", "/me/profile", { headers: { cookie } });
  expect(after.status).toBe(401);
  expect(await after.json()).toMatchObject({ code: "session_expired" });
  expect((await gateway.api("POST", "/auth/logout")).status).toBe(204);
});

test("a refusal of the identity provider reaches the waiting command line", async () => {
  const cli = "0123456789abcdef0123456789abcdef";
  const poll = () => gateway.api("GET", `/auth/token?state=${cli}`);
  expect((await poll()).status).toBe(202);
  const begun = await begin(undefined, { state: cli, createPAT: "true" });
  const state = stateOf(begun);
  const answer = await fetch(
    `${gateway.url}/auth/callback?${new URLSearchParams({ state, error: "access_denied" })}`,
  );
  expect(answer.status).toBe(403);
  const told = await poll();
  expect(told.status).toBe(403);
  expect(((await told.json()) as { msg: string }).msg).toContain("access_denied");
  expect((await poll()).status).toBe(202);
});
