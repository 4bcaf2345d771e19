import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { addUser, textOf } from "../assembled.ts";
import { eventually } from "../workspace-fixture.ts";
import { startApp, startEcho } from "./apps.ts";
import { createBrowser, type TestBrowser } from "./browser.ts";
import { type AppHostFixture, startAppHost } from "./fixture.ts";

let fixture: AppHostFixture;
let browser: TestBrowser;

beforeAll(async () => {
  fixture = await startAppHost();
  browser = await createBrowser(fixture, fixture.assembled.server.oneTimeLink);
});
afterAll(async () => {
  await fixture?.close();
});

const appUrl = (port: number, path = "/") => `http://${fixture.hostOf(port)}${path}`;
const ports = (port: number) => `/workspaces/${fixture.workspace}/ports/${port}`;

test("a browser that is signed in comes to an app by way of a one-time code, and back to the page it wanted", async () => {
  const app = await startEcho();
  const page = await browser.open(appUrl(app.port, "/some/page?x=1"));
  expect(page.status).toBe(200);
  expect(page.json()).toMatchObject({ url: "/some/page?x=1" });
  expect(page.visited.map((url) => new URL(url).pathname)).toEqual([
    "/some/page",
    "/api/v1/app-sign-in",
    "/_k8shell/callback",
    "/some/page",
  ]);
  expect(browser.cookies(fixture.hostOf(app.port))).toMatch(/^__Host-k8shell-app=[\w-]{43}$/);
  const code = page.visited[2] ?? "";
  expect((await browser.fetch(code)).status).toBe(400);
});

test("the cookie of one app opens no other, and of one workspace's port no other port", async () => {
  const [first, second] = [await startEcho(), await startEcho()];
  await browser.open(appUrl(first.port));
  const cookie = browser.cookies(fixture.hostOf(first.port));
  expect((await fixture.call(first.port, "/", { headers: { cookie } })).status).toBe(200);
  expect((await fixture.call(second.port, "/", { headers: { cookie } })).status).toBe(401);
});

test("a program may show the platform's session; a browser on an app host may not", async () => {
  const app = await startEcho();
  const { request, admin } = fixture.assembled;
  const password = "a pass phrase";
  await addUser(fixture.assembled, "other");
  const sessionOf = async (username: string) => {
    const set = await request("PUT", `/api/v1/users/${username}/password`, {
      credentials: admin,
      body: { password },
    });
    expect(set.status).toBe(200);
    const signedIn = await request("POST", "/api/v1/auth/login", { body: { username, password } });
    return signedIn.headers.getSetCookie()[0]?.split(";", 1)[0] ?? "";
  };
  const mine = await sessionOf("admin");
  expect(mine).toMatch(/^k8shell-session=./);
  const ask = (cookie: string, headers: Record<string, string> = {}) =>
    fixture.call(app.port, "/", { headers: { cookie, ...headers } });

  const shown = await ask(`a=1; ${mine}`);
  expect([shown.status, shown.json().headers]).toEqual([
    200,
    expect.objectContaining({ cookie: "a=1", "x-k8shell-user": "admin" }),
  ]);
  expect((await ask(await sessionOf("other"))).status).toBe(403);
  expect((await ask("k8shell-session=made-up")).status).toBe(401);
  const ofBrowsers = { "sec-fetch-site": "same-origin", origin: `http://${fixture.hostOf(app.port)}` };
  for (const [name, value] of Object.entries(ofBrowsers)) {
    expect((await ask(mine, { [name]: value })).status).toBe(401);
  }
  const page = await ask(mine, { accept: "text/html", "upgrade-insecure-requests": "1" });
  expect([page.status, new URL(page.headers.location ?? "").pathname]).toEqual([303, "/api/v1/app-sign-in"]);
});

test("a code is of use only to the browser that asked for it", async () => {
  const app = await startEcho();
  const begin = await browser.fetch(appUrl(app.port));
  const back = await browser.fetch(begin.headers.location ?? "");
  const other = await createBrowser(fixture);
  const stolen = await other.fetch(back.headers.location ?? "");
  expect(stolen.status).toBe(400);
  expect(stolen.headers).not.toHaveProperty("set-cookie");
});

test("signing out of the platform ends every app's session within seconds, and sign-out of an app ends that one", async () => {
  const app = await startEcho();
  const { assembled } = fixture;
  const again = await createBrowser(fixture, assembled.server.oneTimeLink);
  const own = appUrl(app.port);
  // The one-time link was used by the first browser: this one is not signed in.
  expect((await again.open(own)).url).not.toContain(fixture.hostOf(app.port));

  await browser.open(own);
  const cookie = browser.cookies(fixture.hostOf(app.port));
  const left = await browser.fetch(`${own}_k8shell/sign-out`, { "sec-fetch-site": "same-origin" }, "POST");
  expect(left.status).toBe(204);
  await eventually(async () => (await fixture.call(app.port, "/", { headers: { cookie } })).status === 401);
});

test("a shared port lets in whom it is shared with", async () => {
  const app = await startEcho();
  const { assembled } = fixture;
  const { admin } = assembled;
  const bearerOf = (credentials: object) => ({
    "k8shell-authorization": String(Reflect.get(credentials, "authorization")),
  });
  const colleague = bearerOf(await addUser(assembled, "colleague"));
  const organization = await assembled.call("POST", "/organizations", admin, { name: "elsewhere" });
  expect(organization.status).toBeLessThan(300);
  const stranger = bearerOf(await addUser(assembled, "stranger", { org: "elsewhere" }));
  const asks = async (headers: Record<string, string>) =>
    (await fixture.call(app.port, "/", { headers })).status;
  const share = async (mode: string) => {
    const answer = await assembled.call("PUT", ports(app.port), admin, { share: mode });
    expect(answer).toMatchObject({ status: 200, body: { share: mode } });
  };
  const become = async (expected: number[]) =>
    eventually(async () => {
      const found = [await asks(colleague), await asks(stranger), await asks({})];
      return found.every((status, index) => status === expected[index]);
    });
  await become([403, 403, 401]);
  await share("organization");
  await become([200, 403, 401]);
  await share("authenticated");
  await become([200, 200, 401]);
  await share("public");
  await become([200, 200, 200]);
  expect((await assembled.call("DELETE", ports(app.port), admin)).status).toBe(204);
  await become([403, 403, 401]);
});

test("a link opens the port for whoever has it, until it is withdrawn", async () => {
  const app = await startEcho();
  const { assembled } = fixture;
  const made = await assembled.call("POST", `${ports(app.port)}/links`, assembled.admin, { next: "/hello" });
  expect(made.status).toBe(201);
  const url = textOf(made.body, "url");
  const guest = await createBrowser(fixture);
  const page = await guest.open(url);
  expect(page.json()).toMatchObject({ url: "/hello" });
  expect(page.json().headers).not.toHaveProperty("x-k8shell-user");
  const token = { "k8shell-authorization": `Bearer ${textOf(made.body, "token")}` };
  expect((await fixture.call(app.port, "/", { headers: token })).status).toBe(200);

  const id = textOf(made.body, "id");
  expect((await assembled.call("DELETE", `${ports(app.port)}/links/${id}`, assembled.admin)).status).toBe(
    204,
  );
  // A request that is under way then is cut with everything else that the link opened.
  const statusOf = (answer: Promise<{ status: number }>) =>
    answer.then(({ status }) => status).catch(() => 0);
  await eventually(async () => (await statusOf(guest.fetch(appUrl(app.port, "/hello")))) === 303);
  await eventually(async () => (await statusOf(fixture.call(app.port, "/", { headers: token }))) === 401);
  expect((await guest.fetch(url)).status).toBe(403);
});

test("pages of an origin that the port allows may read the app with the browser's cookie, others may not", async () => {
  const app = await startEcho();
  const { assembled } = fixture;
  await browser.open(appUrl(app.port));
  const cookie = browser.cookies(fixture.hostOf(app.port));
  const origin = "https://front.example";
  const preflight = { origin, "access-control-request-method": "PUT" };
  const ask = (headers: Record<string, string>, method = "GET") =>
    fixture.call(app.port, "/", { method, headers });
  expect((await ask(preflight, "OPTIONS")).status).toBe(401);
  expect((await ask({ origin, cookie })).status).toBe(403);

  await assembled.call("PUT", ports(app.port), assembled.admin, { share: "owner", cors: [origin] });
  const allowed = await ask(preflight, "OPTIONS");
  expect(allowed.status).toBe(204);
  expect(allowed.headers["access-control-allow-origin"]).toBe(origin);
  await eventually(
    async () => (await ask({ origin, cookie })).headers["access-control-allow-origin"] === origin,
  );
  const foreign = { origin: "https://evil.example", cookie };
  expect((await ask(foreign)).status).toBe(403);
  expect((await ask({ ...foreign, "access-control-request-method": "PUT" }, "OPTIONS")).status).toBe(401);
});

test("an open WebSocket ends within seconds when its token is deleted", async () => {
  const { assembled } = fixture;
  const app = await startApp(
    (_incoming, response) => response.end(),
    (_incoming, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
      socket.on("error", () => {});
    },
  );
  const made = await assembled.api("POST", "/me/tokens", {
    credentials: assembled.admin,
    body: { name: "short", scopes: ["workspace:connect:portforward"] },
  });
  const socket = await fixture.connect();
  let text = "";
  socket.on("data", (part) => {
    text += part;
  });
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: ${fixture.hostOf(app.port)}\r\nK8shell-Authorization: Bearer ${textOf(made, "token")}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  );
  await eventually(() => text.includes(" 101 "));
  const closed = once(socket, "close");
  const { id } = z.object({ id: z.number() }).parse(made);
  expect((await assembled.call("DELETE", `/me/tokens/${id}`, assembled.admin)).status).toBe(204);
  await closed;
});
