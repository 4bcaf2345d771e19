import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { eventually } from "../workspace-fixture.ts";
import type { AppClient } from "./app-client.ts";
import { startApp, type TestApp } from "./apps.ts";
import { createBrowser } from "./browser.ts";
import { type AppGateway, shown, startAppGateway, workspace } from "./gateway.ts";

// Two replicas that share the store and the services: what is taken away on the first must end on the second.
let first: AppGateway;
let second: AppClient;
let admin: string;

beforeAll(async () => {
  first = await startAppGateway();
  second = first.clientOf((await first.gateway.replica()).url);
  admin = await first.gateway.token("admin", ["*"], "admin");
});
afterAll(() => first?.close());

const startSocketApp = (): Promise<TestApp> =>
  startApp(
    (_incoming, response) => response.end("ok"),
    (_incoming, socket) => {
      socket.on("error", () => {});
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    },
  );

type Headers = Readonly<Record<string, string>>;
/** Opens a WebSocket on each replica, does `revoke`, and waits until both are closed and neither replica serves more. */
const endsBy = async (app: TestApp, headers: readonly [Headers, Headers], revoke: () => Promise<unknown>) => {
  const clients = [first, second];
  const opened = await Promise.all(
    clients.map((client, index) => client.openSocket(app.port, headers[index] ?? {})),
  );
  await revoke();
  await Promise.all(opened.map(({ closed }) => closed));
  for (const [index, client] of clients.entries()) {
    await eventually(
      async () => (await client.call(app.port, "/", { headers: headers[index] ?? {} })).status !== 200,
    );
  }
};
const api = async (method: string, path: string, token: string, json?: unknown) => {
  const answer = await first.gateway.api(method, path, { token, json });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
};

test("deleting an access token ends what was opened with it", async () => {
  const app = await startSocketApp();
  const made = await api("POST", "/me/tokens", first.alice, {
    name: "short",
    scopes: ["workspace:connect:portforward"],
  });
  const headers = shown(made.token);
  await endsBy(app, [headers, headers], () => api("DELETE", `/me/tokens/${made.id}`, first.alice));
});

test("a client of a WebSocket that it may have no longer is told so, unless the app is within a frame", async () => {
  const app = await startApp(
    (_incoming, response) => response.end("ok"),
    (incoming, socket, head) => {
      const sockets = new WebSocketServer({ noServer: true });
      sockets.handleUpgrade(incoming, socket, head, () => {
        // A whole frame; and in the same packet the head of another one of five bytes, with one of them.
        const begun = incoming.url === "/within" ? [0x81, 5, 0x61] : [];
        socket.write(Buffer.from([0x81, 2, 0x68, 0x69, ...begun]));
      });
    },
  );
  const made = await api("POST", "/me/tokens", first.alice, {
    name: "told",
    scopes: ["workspace:connect:portforward"],
  });
  const open = async (path: string) => {
    const socket = new WebSocket(`ws://127.0.0.1:${first.port}${path}`, {
      headers: { host: first.hostOf(app.port), ...shown(made.token) },
    });
    const closed = once(socket, "close").then(([code, reason]) => [code, String(reason)]);
    expect(String((await once(socket, "message"))[0])).toBe("hi");
    return { closed };
  };
  const [whole, within] = [await open("/"), await open("/within")];
  await api("DELETE", `/me/tokens/${made.id}`, first.alice);
  expect(await whole.closed).toEqual([1008, expect.stringMatching(/./)]);
  expect(await within.closed).toEqual([1006, ""]);
});

test("signing out of the platform ends what was opened with its session", async () => {
  const app = await startSocketApp();
  const browser = await createBrowser(first, await first.gateway.oneTimeLink("alice"));
  await browser.open(`http://${first.hostOf(app.port)}/`);
  const { host } = new URL(first.gateway.url);
  const headers = { cookie: browser.cookies(first.hostOf(app.port)) };
  // The cookie is for one host only; the replicas have different ports, which they would not behind a proxy.
  const opened = await first.openSocket(app.port, headers);
  const elsewhere = await second.openSocket(app.port, { ...headers, host: first.hostOf(app.port) });
  const left = await browser.fetch(`${first.gateway.url}/api/v1/auth/logout`, {}, "POST");
  expect([left.status, browser.cookies(host)]).toEqual([204, ""]);
  await Promise.all([opened.closed, elsewhere.closed]);
  await eventually(async () => (await first.call(app.port, "/", { headers })).status === 401);
});

test("a share that is removed ends what others opened by it, a link that is withdrawn what was opened by that", async () => {
  const app = await startSocketApp();
  const bob = shown(await first.gateway.addUser("bob"));
  const port = `/workspaces/${workspace}/ports/${app.port}`;
  await api("PUT", port, first.alice, { share: "authenticated" });
  await eventually(async () => (await second.call(app.port, "/", { headers: bob })).status === 200);
  await endsBy(app, [bob, bob], () => api("PUT", port, first.alice, { share: "owner" }));

  const link = await api("POST", `${port}/links`, first.alice, {});
  await eventually(
    async () => (await second.call(app.port, "/", { headers: shown(link.token) })).status === 200,
  );
  await endsBy(app, [shown(link.token), shown(link.token)], () =>
    api("DELETE", `${port}/links/${link.id}`, first.alice),
  );

  await api("PUT", port, first.alice, { share: "public" });
  await eventually(async () => (await second.call(app.port, "/", { headers: {} })).status === 200);
  await endsBy(app, [{}, {}], () => api("DELETE", port, first.alice));
});

test("a policy that no longer allows a port ends what is open there", async () => {
  const app = await startSocketApp();
  const file = join(first.gateway.dataDir, "policies", "90-no-apps.cedar");
  const policy = `forbid (principal, action in [Action::"workspace:connect"], resource) when { context has port && context.port == ${app.port} };`;
  await endsBy(app, [first.token, first.token], () => writeFile(file, policy));
  await rm(file);
});

test("stopping the workspace ends what leads to it", async () => {
  const app = await startSocketApp();
  const opened = await Promise.all([first, second].map((client) => client.openSocket(app.port, first.token)));
  await api("DELETE", `/workspaces/${workspace}`, first.alice);
  await Promise.all(opened.map(({ closed }) => closed));
});

test("locking an account ends what it has open, and what it has shared", async () => {
  const app = await startSocketApp();
  const port = `/workspaces/${workspace}/ports/${app.port}`;
  await api("PUT", port, first.alice, { share: "public" });
  await eventually(async () => (await second.call(app.port, "/", { headers: {} })).status === 200);
  const strangers = await Promise.all([first, second].map((client) => client.openSocket(app.port, {})));
  await endsBy(app, [first.token, first.token], () =>
    api("PATCH", "/users/alice/profile", admin, { locked: true }),
  );
  await Promise.all(strangers.map(({ closed }) => closed));
  await eventually(async () => (await second.call(app.port, "/", { headers: {} })).status === 401);
});
