import { afterAll, beforeAll, expect, test } from "vitest";
import { discard, newDataDir, type RunningServer, startServerProcess } from "./harness.ts";

let server: RunningServer;

beforeAll(async () => {
  server = await startServerProcess(await newDataDir());
});
afterAll(async () => {
  await discard(server);
});

/** A browser's cookie handling, enough for a redirect chain on one host. */
const browse = async (start: string, jar = new Map<string, string>(), init: RequestInit = {}) => {
  let url = new URL(start, server.url);
  let request = init;
  for (let hops = 0; hops < 10; hops += 1) {
    const response = await fetch(url, {
      ...request,
      redirect: "manual",
      headers: {
        ...request.headers,
        accept: "text/html",
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; "),
      },
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const at = pair.indexOf("=");
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || !location) return { response, url, jar };
    url = new URL(location, url);
    request = {};
  }
  throw new Error("too many redirects");
};

const oneTimeLink = () => /http:\/\/\S+\/signin\/once\?token=\S+/.exec(server.output())?.[0] ?? "";

test("the one-time link signs its holder in once", async () => {
  const { response, url, jar } = await browse(oneTimeLink());
  expect(response.status).toBe(200);
  expect(url.pathname).toBe("/");
  const cookie = { cookie: `k8shell-session=${jar.get("k8shell-session")}` };
  const profile = await fetch(`${server.url}/api/v1/me/profile`, { headers: cookie });
  expect(await profile.json()).toMatchObject({ username: "admin" });

  const used = await browse(oneTimeLink());
  expect(used.jar.has("k8shell-session")).toBe(false);

  const out = await fetch(`${server.url}/api/v1/auth/logout`, { method: "POST", headers: cookie });
  expect(out.status).toBe(204);
  expect((await fetch(`${server.url}/api/v1/me/profile`, { headers: cookie })).status).toBe(401);
});

test("a command line signs in by polling while a person signs in with a password in the browser", async () => {
  expect(
    (await server.api("PUT", "/me/password", { body: { password: "correct horse battery" } })).status,
  ).toBe(200);
  const state = "0123456789abcdef0123456789abcdef";
  const poll = () => server.api("GET", `/auth/token?state=${state}`, { token: null });
  expect((await poll()).status).toBe(202);

  const providers = (await (await server.api("GET", "/auth/providers", { token: null })).json()) as Array<{
    name: string;
    capabilities: string[];
  }>;
  const provider =
    providers.find(({ capabilities }) => capabilities.includes("OnboardUserWebFlow"))?.name ?? "";
  expect(provider).toBe("idp.k8shell.io/local");
  const redirect = `${server.url}/auth/callback?${new URLSearchParams({ provider, redirect: "/" })}`;
  const query = new URLSearchParams({ createPAT: "true", provider, redirect_uri: redirect, state });
  const page = await browse(`/api/v1/auth/login?${query}`);
  expect(page.response.status).toBe(200);
  const html = await page.response.text();
  expect((await poll()).status).toBe(202);

  const action = /<form[^>]*action="([^"]*)"/.exec(html)?.[1]?.replaceAll("&amp;", "&") ?? page.url.href;
  const form = new URLSearchParams();
  for (const [tag] of html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    form.set(
      /name="([^"]*)"/.exec(tag)?.[1] ?? "",
      /value="([^"]*)"/.exec(tag)?.[1]?.replaceAll("&amp;", "&") ?? "",
    );
  }
  form.set("username", "admin");
  form.set("password", "correct horse battery");
  const done = await browse(new URL(action, page.url).href, page.jar, {
    method: "POST",
    body: form.toString(),
    headers: { "content-type": "application/x-www-form-urlencoded", origin: server.url },
  });
  expect(done.response.status).toBe(200);
  expect(done.jar.has("k8shell-session")).toBe(true);

  const token = (await (await poll()).json()) as { username: string; token: string };
  expect(token).toMatchObject({ username: "admin", token: expect.stringMatching(/^k8sh_/) });
  expect((await poll()).status).toBe(202);
  expect((await server.api("GET", "/me/profile", { token: token.token })).status).toBe(200);
});

test("a session survives a restart of the server", async () => {
  await server.stop();
  server = await startServerProcess(server.dataDir);
  const { jar } = await browse(oneTimeLink());
  const cookie = { cookie: `k8shell-session=${jar.get("k8shell-session")}` };
  await server.stop("SIGKILL");
  server = await startServerProcess(server.dataDir);
  expect((await fetch(`${server.url}/api/v1/me/profile`, { headers: cookie })).status).toBe(200);
});
