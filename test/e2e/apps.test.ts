import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./chromium.ts";
import {
  createWorkspace,
  discard,
  eventually,
  newDataDir,
  type RunningServer,
  startServerProcess,
} from "./harness.ts";

// An app in a workspace, in a real browser, on names below localhost as `npm start` gives them.
let server: RunningServer;
let browser: Browser;
let workspace: string;
let stopApp: AbortController;
let owner: Page;

let appPort = "";
let otherPort = "";
const program = `
const { createServer } = require("node:http");
const { createHash } = require("node:crypto");
const handler = (request, response) => {
  const { host, origin, cookie = "", "x-k8shell-user": user } = request.headers;
  if (request.url === "/data") {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ host, origin, user, method: request.method, sees: /k8shell/.test(cookie) }));
    return;
  }
  response.setHeader("content-type", "text/html");
  response.setHeader("set-cookie", "own=1");
  response.end("<title>app</title><h1>Hello " + (user ?? "stranger") + "</h1>");
};
const upgrade = ({ headers }, socket) => {
  const accept = createHash("sha1").update(headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64");
  socket.on("error", () => {});
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: " + accept + "\\r\\n\\r\\n");
  const text = Buffer.from("from " + headers.origin);
  socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
};
const start = () => new Promise((resolve) => {
  const server = createServer(handler).on("upgrade", upgrade);
  server.listen(0, "127.0.0.1", () => resolve(server.address().port));
});
Promise.all([start(), start()]).then((ports) => console.log("ports", ...ports));
`;

beforeAll(async () => {
  server = await startServerProcess(await newDataDir());
  ({ workspace } = await createWorkspace(server, { username: "admin", blueprint: "dev" }));
  stopApp = new AbortController();
  const running = await fetch(`${server.url}/api/v1/workspaces/${workspace}/exec`, {
    method: "POST",
    signal: stopApp.signal,
    headers: {
      authorization: `Bearer ${await server.adminToken()}`,
      accept: "text/event-stream",
      "content-type": "application/json",
    },
    body: JSON.stringify({ command: ["/opt/k8shell/bin/node", "-e", program], timeoutSeconds: 600 }),
  });
  const printed = running.body ? await firstPiece(running.body) : "";
  [, appPort = "", otherPort = ""] = /ports (\d+) (\d+)/.exec(printed) ?? [];
  expect(otherPort, printed).not.toBe("");
  browser = await launchChromium();
  owner = await (await browser.newContext()).newPage();
  await owner.goto(/http:\/\/\S+\/signin\/once\?token=\S+/.exec(server.output())?.[0] ?? "");
  await owner.getByRole("heading", { name: "Workspaces" }).waitFor();
});
afterAll(async () => {
  stopApp?.abort();
  await browser?.close();
  await discard(server);
});

/** The first piece of a stream, which then goes on unread. */
const firstPiece = async (body: ReadableStream<Uint8Array>): Promise<string> => {
  const reader = body.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return Buffer.from(value ?? []).toString();
};

const appUrl = async (port = appPort): Promise<string> => {
  const answer = await server.api("GET", `/workspaces/${workspace}/ports/${port}`);
  return String(((await answer.json()) as { url: string }).url);
};
const cookieNames = async (context: BrowserContext, url: string) =>
  (await context.cookies(url)).map(({ name }) => name).sort();

/** What a script of the page gets: status and body. */
const fetchIn = (
  page: Page,
  path: string,
  init: { method?: string; body?: string; credentials?: "include" } = {},
) =>
  page.evaluate(
    async ([address, options]) => {
      const response = await fetch(address, options).catch(() => undefined);
      return response ? { status: response.status, body: await response.text() } : undefined;
    },
    [path, init] as const,
  );

/** Opens a WebSocket from the page: its first message, or undefined when it does not open. */
const socketIn = (page: Page, address: string) =>
  page.evaluate(
    (url) =>
      new Promise<string | undefined>((resolve) => {
        const socket = new WebSocket(url);
        socket.onmessage = ({ data }) => resolve(String(data));
        socket.onclose = () => resolve(undefined);
        Reflect.set(
          window,
          "socketClosed",
          new Promise((closed) => socket.addEventListener("close", closed)),
        );
      }),
    address,
  );

test("who is signed in opens an app by its address alone; its pages, fetches and WebSockets work, and it sees none of our cookies", async () => {
  const url = await appUrl();
  expect(url).toMatch(/^http:\/\/\d+--[a-z0-9-]+\.localhost:\d+$/);
  await owner.goto(`${url}/`);
  await owner.getByRole("heading", { name: "Hello admin" }).waitFor();
  expect(new URL(owner.url()).pathname).toBe("/");
  expect(await cookieNames(owner.context(), url)).toEqual(["__Host-k8shell-app", "own"]);
  const data = await fetchIn(owner, "/data", { method: "POST", body: "x" });
  expect(JSON.parse(data?.body ?? "")).toEqual({
    host: `localhost:${appPort}`,
    origin: `http://localhost:${appPort}`,
    user: "admin",
    method: "POST",
    sees: false,
  });
  expect(await socketIn(owner, url.replace("http", "ws"))).toBe(`from http://localhost:${appPort}`);
});

test("a page of another app can neither read it nor open its WebSocket", async () => {
  const url = await appUrl();
  const page = await owner.context().newPage();
  await page.goto(`${await appUrl(otherPort)}/`);
  await page.getByRole("heading", { name: "Hello admin" }).waitFor();
  expect(await fetchIn(page, `${url}/data`, { credentials: "include" })).toBeUndefined();
  expect(await socketIn(page, url.replace("http", "ws"))).toBeUndefined();
  await page.close();
});

test("a stranger is sent to sign in, a script gets 401, and a link lets them in until it is withdrawn", async () => {
  const url = await appUrl();
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${url}/`);
  await page.getByLabel("Password").waitFor();
  expect(new URL(page.url()).host).not.toBe(new URL(url).host);

  const made = await server.api("POST", `/workspaces/${workspace}/ports/${appPort}/links`, { body: {} });
  const link = (await made.json()) as { id: string; url: string };
  await page.goto(link.url);
  await page.getByRole("heading", { name: "Hello stranger" }).waitFor();
  expect(page.url()).toBe(`${url}/`);
  expect((await fetchIn(page, "/data"))?.status).toBe(200);

  await server.api("DELETE", `/workspaces/${workspace}/ports/${appPort}/links/${link.id}`);
  await eventually(async () => ((await fetchIn(page, "/data"))?.status === 401 ? true : undefined));
  await context.close();
});

test("signing out of the platform closes the app's WebSocket and ends its pages' access", async () => {
  const url = await appUrl();
  await owner.goto(`${url}/`);
  await owner.getByRole("heading", { name: "Hello admin" }).waitFor();
  expect(await socketIn(owner, url.replace("http", "ws"))).toContain("from ");
  const console = await owner.context().newPage();
  await console.goto(server.url);
  await console.getByRole("button", { name: "Account of Administrator" }).click();
  await console.getByRole("menuitem", { name: "Sign out" }).click();
  await console.getByRole("heading", { name: "Sign in to k8shell" }).waitFor();
  await owner.evaluate(() => Reflect.get(window, "socketClosed"));
  await eventually(async () => ((await fetchIn(owner, "/data"))?.status === 401 ? true : undefined));
  await owner.goto(`${url}/`);
  await owner.getByLabel("Password").waitFor();
});
