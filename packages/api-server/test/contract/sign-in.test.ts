import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { bearer, textOf } from "../assembled.ts";
import { list } from "./go-json.ts";
import { accessToken, userProfile, userToken } from "./objects.ts";
import { usePlatform } from "./platform.ts";

/** rest-contract section 4: signing in from a browser, from the command line, and with a token. */

const platform = usePlatform();
const { call, admin } = platform;
const provider = "idp.k8shell.io/local";
const password = "a long enough password";
beforeAll(async () => {
  for (const username of ["ann", "bob", "cli"]) {
    await platform.person(username);
    await call("PUT", `/users/${username}/password`, { as: admin(), body: { password } });
  }
});

/** As much of a browser as signing in needs: it keeps cookies and follows redirects one by one. */
const openBrowser = () => {
  const jar = new Map<string, string>();
  const visit = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const response = await fetch(url, {
      ...init,
      redirect: "manual",
      headers: {
        accept: "text/html,application/xhtml+xml,*/*;q=0.8",
        "upgrade-insecure-requests": "1",
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; "),
        ...init.headers,
      },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0\b/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  };
  const locationOf = (response: Response): string => {
    const location = response.headers.get("location");
    if (!location) throw new Error(`no redirect but ${response.status}`);
    return new URL(location, platform.assembled().server.url).href;
  };
  return {
    jar,
    visit,
    locationOf,
    /** Begins at a login address and fills in the provider's form; the address of the callback. */
    async signIn(begin: string, username: string): Promise<string> {
      const begun = await visit(begin);
      expect(begun.status).toBe(302);
      const page = locationOf(begun);
      const html = await (await visit(page)).text();
      const fields = new URLSearchParams({ username, password });
      for (const [, name = "", value = ""] of html.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)) {
        fields.set(name, value);
      }
      const sent = await visit(new URL("/signin", page).href, {
        method: "POST",
        body: fields,
        headers: { origin: new URL(page).origin, "sec-fetch-site": "same-origin" },
      });
      return locationOf(sent);
    },
  };
};

const url = () => platform.assembled().server.url;

/** The address that the released command line opens in the browser. */
const commandLineAddress = (state: string): string => {
  const callback = `${url()}/auth/callback?provider=${encodeURIComponent(provider)}&redirect=/`;
  const query = new URLSearchParams({ createPAT: "true", provider, redirect_uri: callback, state });
  return `${url()}/api/v1/auth/login?${query}`;
};
const newState = () => randomBytes(16).toString("hex");
/** The poll of the command line has no headers of its own. */
const poll = (state: string) => call("GET", `/auth/token?state=${state}`);

describe("4.1: browser", () => {
  const begin = (redirect = "/") => {
    const callback = `${url()}/auth/callback?${new URLSearchParams({ provider, redirect })}`;
    return `${url()}/api/v1/auth/login?${new URLSearchParams({ provider, redirect_uri: callback })}`;
  };

  test("the provider sends the browser to /auth/callback outside the API, which signs it in and goes on", async () => {
    const browser = openBrowser();
    const callback = await browser.signIn(begin("/workspaces"), "ann");
    expect(new URL(callback).pathname).toBe("/auth/callback");
    const done = await browser.visit(callback);
    expect([done.status, browser.locationOf(done)]).toEqual([302, `${url()}/workspaces`]);
    expect(done.headers.getSetCookie()).toContainEqual(
      expect.stringMatching(/^k8shell-session=[\w-]{20,}; Path=\/; Max-Age=86400; HttpOnly; SameSite=Lax$/),
    );
    const cookie = `k8shell-session=${browser.jar.get("k8shell-session")}`;
    const profile = await call("GET", "/me/profile", { headers: { cookie } });
    expect([profile.status, userProfile(profile.json, "")]).toEqual([200, []]);
    expect(profile.json).toMatchObject({ username: "ann" });

    const out = await call("POST", "/auth/logout", { headers: { cookie, origin: url() } });
    expect(out.headers.getSetCookie()).toContainEqual(
      expect.stringMatching(/^k8shell-session=; Path=\/; Max-Age=0/),
    );
    expect((await call("GET", "/me/profile", { headers: { cookie } })).status).toBe(401);
    expect((await call("POST", "/auth/logout", { headers: { cookie, origin: url() } })).status).toBe(204);
  });

  test("a page that gets code and state posts them as JSON", async () => {
    const browser = openBrowser();
    const callback = new URL(await browser.signIn(begin(), "bob"));
    const body = { code: callback.searchParams.get("code"), state: callback.searchParams.get("state") };
    const done = await browser.visit(`${url()}/api/v1/auth/callback`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: {
        "content-type": "application/json",
        accept: "*/*",
        origin: url(),
        "sec-fetch-site": "same-origin",
      },
    });
    expect([done.status, await done.json()]).toEqual([
      200,
      { username: "bob", redirect: "/", newUser: false },
    ]);
    expect(browser.jar.get("k8shell-session")).toMatch(/^[\w-]{20,}$/);
  });

  test("a redirect to another site goes to the start page instead", async () => {
    const browser = openBrowser();
    const done = await browser.visit(await browser.signIn(begin("https://evil.example/"), "ann"));
    expect(browser.locationOf(done)).toBe(`${url()}/`);
  });

  test.each([
    ["no provider", "", 400],
    ["an unknown provider", "?provider=idp.k8shell.io/nope", 404],
    [
      "a return address elsewhere",
      `?provider=${provider}&redirect_uri=https://evil.example/auth/callback`,
      400,
    ],
    ["no return address: our own", `?provider=${provider}`, 302],
    ["an empty return address: our own", `?provider=${provider}&redirect_uri=`, 302],
  ])("beginning with %s", async (_what, query, status) => {
    expect((await call("GET", `/auth/login${query}`)).status).toBe(status);
  });

  test.each([
    ["without anything", undefined],
    ["with a made-up state", { code: "x", state: "y" }],
  ])("a callback %s is 400", async (_what, body) => {
    expect((await call("POST", "/auth/callback", { body })).status).toBe(400);
    expect((await call("GET", "/auth/callback?code=x&state=y")).status).toBe(400);
  });
});

describe("4.2: command line", () => {
  test("an unknown state is pending, for it may poll before the browser begins", async () => {
    expect((await poll(newState())).status).toBe(202);
  });

  test("the token comes once, works, and is listed as OAuth-…; the browser is signed in too", async () => {
    const state = newState();
    expect((await poll(state)).status).toBe(202);
    const browser = openBrowser();
    const callback = await browser.signIn(commandLineAddress(state), "cli");
    expect((await poll(state)).status).toBe(202);
    expect((await browser.visit(callback)).status).toBe(302);
    expect(browser.jar.has("k8shell-session")).toBe(true);

    const given = await poll(state);
    expect([given.status, userToken(given.json, "")]).toEqual([200, []]);
    expect(given.json).toMatchObject({
      provider,
      address: platform.assembled().server.publicUrl,
      username: "cli",
      token: expect.stringMatching(/^k8sh_[\w-]{43}$/),
    });
    expect((await poll(state)).status).toBe(202);

    const as = bearer(textOf(given.json, "token"));
    expect((await call("GET", "/me/profile", { as })).json).toMatchObject({ username: "cli" });
    const tokens = await call("GET", "/me/tokens", { as });
    expect(list(accessToken)(tokens.json, "")).toEqual([]);
    expect(tokens.json).toContainEqual(
      expect.objectContaining({ name: expect.stringMatching(/^OAuth-[0-9a-f]{8}$/), scopes: ["*"] }),
    );
  });

  test("a sign-in that fails ends the wait with 403 and the reason", async () => {
    await call("PATCH", "/users/bob/profile", { as: admin(), body: { locked: true } });
    const state = newState();
    const browser = openBrowser();
    const callback = await browser.signIn(commandLineAddress(state), "bob");
    expect((await browser.visit(callback)).status).toBe(403);
    const told = await poll(state);
    expect([told.status, textOf(told.json, "msg")]).toEqual([403, expect.stringMatching(/lock/i)]);
    expect((await poll(state)).status).toBe(202);
  });

  test("a provider that refuses ends the wait with 403 and the reason", async () => {
    const state = newState();
    const browser = openBrowser();
    const begun = await browser.visit(commandLineAddress(state));
    const oauth = new URL(browser.locationOf(begun)).searchParams.get("state") ?? "";
    const refusal = new URLSearchParams({ state: oauth, error: "access_denied" });
    expect((await browser.visit(`${url()}/auth/callback?${refusal}`)).status).toBe(403);
    expect((await poll(state)).status).toBe(403);
  });
});
