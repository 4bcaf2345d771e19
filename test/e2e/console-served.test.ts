import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./chromium.ts";
import { createUser, fillSignIn, watchProblems } from "./console.ts";
import { freePort } from "./free-port.ts";
import { type Front, startFront } from "./front.ts";
import { discard, eventually, newDataDir, type RunningServer, startServerProcess } from "./harness.ts";

const dist = resolve(import.meta.dirname, "../../packages/console/dist");
const types: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** The Console's files as a CDN serves them: no more than files, and one line of `index.html` filled in. */
const startFiles = async (port: number, api: string) => {
  const files = createServer((request, response) => {
    const [path = "/"] = (request.url ?? "/").split("?", 1);
    const file = join(dist, path.endsWith("/") ? `${path}index.html` : path);
    readFile(file).then(
      (bytes) => {
        const type = types[extname(file)] ?? "application/octet-stream";
        const body =
          type === "text/html"
            ? bytes
                .toString()
                .replace('name="k8shell-server" content=""', `name="k8shell-server" content="${api}"`)
            : bytes;
        response.writeHead(200, {
          "content-type": type,
          "content-security-policy": `default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src ${api} ${api.replace("http", "ws")}; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'`,
        });
        response.end(body);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((ready) => files.listen(port, "127.0.0.1", ready));
  return files;
};

let browser: Browser;
let server: RunningServer;
let front: Front;
let files: Awaited<ReturnType<typeof startFiles>>;
let below: string;
let apart: string;
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "k8shell-served-"));
  const [frontPort, filesPort] = await Promise.all([freePort(), freePort()]);
  below = `http://127.0.0.1:${frontPort}/k8shell`;
  apart = `http://127.0.0.1:${filesPort}`;
  const config = join(dir, "config.yaml");
  await writeFile(config, JSON.stringify({ http: { publicUrl: below, publicOrigins: [apart] } }));
  [server, browser] = await Promise.all([
    startServerProcess(await newDataDir(), ["--config", config]),
    launchChromium(),
  ]);
  front = await startFront(join(dir, "nginx"), frontPort, [new URL(server.url).host], "/k8shell");
  files = await startFiles(filesPort, server.url);
  await createUser(server, { username: "ada", fullname: "Ada", roles: ["developer"] });
});
afterAll(async () => {
  files?.close();
  await browser?.close();
  await front?.stop();
  await discard(server);
  await rm(dir, { recursive: true, force: true });
});

const signIn = async (page: Page) => {
  await page.getByRole("link", { name: "Sign in", exact: true }).click();
  await fillSignIn(page, "ada");
};

/** A page that notes errors of scripts and policies, and the WebSockets that it opens. */
const open = async () => {
  const context = await browser.newContext({ locale: "en-US" });
  const page = await context.newPage();
  const problems = watchProblems(page);
  const sockets: string[] = [];
  page.on("websocket", (socket) => sockets.push(socket.url()));
  return { context, page, problems, sockets };
};

test("the Console works below a path that a proxy takes away, from the one-time link to signing out", async () => {
  const { page, problems, sockets, context } = await open();
  const link = /http:\/\/\S+\/signin\/once\?token=\S+/.exec(server.output())?.[0] ?? "";
  expect(link.startsWith(`${below}/`)).toBe(true);
  await page.goto(link);
  await page.getByRole("button", { name: "Account of Administrator" }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/k8shell/");
  expect(await eventually(() => sockets[0])).toBe(`${below.replace("http", "ws")}/api/v1/events`);
  await page.getByRole("link", { name: "Administration" }).click();
  await page.getByRole("link", { name: "ada" }).waitFor();
  await page.getByRole("button", { name: "Account of Administrator" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await signIn(page);
  await page.getByRole("button", { name: "Account of Ada" }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/k8shell/");
  await page.goto(`${below}/docs`);
  await page.getByText("/api/v1/healthcheck").first().waitFor();
  expect(problems).toEqual([]);
  await context.close();
});

test("a sign-in that goes wrong below a path leads back to the Console there", async () => {
  const { page, context } = await open();
  await page.goto(`${below}/auth/callback?state=nonsense&code=nonsense`);
  await page.getByRole("heading", { name: "You are not signed in" }).waitFor();
  await page.getByRole("link", { name: "Back" }).click();
  await page.getByRole("heading", { name: "Sign in to k8shell" }).waitFor();
  await context.close();
});

test("the Console works as plain files of another origin, with the API's address in its index.html", async () => {
  const { page, problems, sockets, context } = await open();
  await page.goto(`${apart}/#/account/variables`);
  await signIn(page);
  await page.getByText("No variables yet").waitFor();
  expect(new URL(page.url()).origin).toBe(apart);
  await page.getByRole("button", { name: "Add variable" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("EDITOR");
  await page.getByRole("dialog").getByLabel("Value").fill("vim");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByRole("row").filter({ hasText: "EDITOR" }).waitFor();
  expect(await (await server.api("GET", "/users/ada/envvars")).json()).toMatchObject([{ key: "EDITOR" }]);
  await page.getByRole("link", { name: "Open connections" }).click();
  expect(await eventually(() => sockets[0])).toBe(`${server.url.replace("http", "ws")}/api/v1/events`);
  await page.getByRole("button", { name: "Account of Ada" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in to k8shell" }).waitFor();
  expect(problems).toEqual([]);
  await context.close();
});

test("pages of other origins learn nothing from the API and change nothing", async () => {
  const ask = (origin: string, method = "GET", headers: Record<string, string> = {}) =>
    fetch(`${server.url}/api/v1/auth/providers`, { method, headers: { origin, ...headers } });
  const known = await ask(apart);
  expect(known.headers.get("access-control-allow-origin")).toBe(apart);
  expect(known.headers.get("access-control-allow-credentials")).toBe("true");
  const preflight = await ask(apart, "OPTIONS", {
    "access-control-request-method": "DELETE",
    "access-control-request-headers": "content-type",
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-headers")).toBe("content-type");
  for (const origin of ["https://evil.example", "null", `${apart}.evil.example`]) {
    const answer = await ask(origin);
    expect(answer.headers.get("access-control-allow-origin"), origin).toBeNull();
    const asked = await ask(origin, "OPTIONS", { "access-control-request-method": "DELETE" });
    expect(asked.headers.get("access-control-allow-origin"), origin).toBeNull();
  }
});
