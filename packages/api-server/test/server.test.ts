import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type RunningServer, startServer } from "../src/assemble.ts";
import { type Config, defaultConfig } from "../src/config/config.ts";

const log = pino({ level: "silent" });
let dataDir: string;
const running: RunningServer[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "k8shell-server-"));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
  await rm(dataDir, { recursive: true, force: true });
});

const start = async (
  options: { port?: number; config?: Config; dataDir?: string } = {},
): Promise<RunningServer> => {
  const server = await startServer({
    dataDir,
    port: 0,
    config: defaultConfig(),
    stopWorkspaces: true,
    version: "0.0.0-test",
    log,
    ...options,
  });
  running.push(server);
  return server;
};

const bearer = async () => ({
  authorization: `Bearer ${(await readFile(join(dataDir, "admin.token"), "utf8")).trim()}`,
});

test("health says what works, in what mode, and how workspaces are kept apart", async () => {
  const server = await start();
  const health = await (await fetch(`${server.url}/api/v1/healthcheck`)).json();
  expect(health).toMatchObject({
    status: "ok",
    version: "0.0.0-test",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    uptimeSeconds: expect.any(Number),
    isolation: { mode: expect.stringMatching(/^(bubblewrap|plain)$/), detail: expect.any(String) },
  });
  const { backends } = health as { backends: Record<string, unknown> };
  expect(Object.keys(backends).sort()).toEqual(["authz", "identity", "kv", "provisioner", "session"]);
  for (const backend of Object.values(backends))
    expect(backend).toMatchObject({ status: "ok", mode: "embedded" });
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
});

test("a remote service that does not answer makes the server degraded and not ready, but alive", async () => {
  const config = { ...defaultConfig(), session: { ...defaultConfig().session, address: "127.0.0.1:1" } };
  const server = await start({ config });
  const health = await (await fetch(`${server.url}/api/v1/healthcheck`)).json();
  expect(health).toMatchObject({
    status: "degraded",
    backends: { session: { status: "down", mode: "remote" }, identity: { status: "ok", mode: "embedded" } },
  });
  const ready = await fetch(`${server.url}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ status: 503, code: "unavailable" });
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  const sessions = await fetch(`${server.url}/api/v1/me/sessions`, { headers: await bearer() });
  expect(sessions.status).toBe(503);
});

test("an unusable configuration is refused in words", async () => {
  const config = defaultConfig();
  await expect(start({ config: { ...config, nats: { ...config.nats, enabled: true } } })).rejects.toThrow(
    /nats\.url: is not set/,
  );
  const remote = { ...config, identity: { ...config.identity, address: "127.0.0.1:1" } };
  await expect(start({ config: remote })).rejects.toThrow(/jwtVerifier/);
  // What was refused has let go of the directory.
  await start();
});

test("two servers on one data directory, or one port, are refused in words", async () => {
  const first = await start();
  await expect(start()).rejects.toThrow(/is in use by another k8shell server \(process \d+\)/);
  const other = await mkdtemp(join(tmpdir(), "k8shell-server-"));
  await expect(start({ port: first.port, dataDir: other })).rejects.toThrow(
    /port \d+ on 127\.0\.0\.1 is in use/,
  );
  await rm(other, { recursive: true, force: true });
});

test("the port is free again after close, and closing twice is fine", async () => {
  const server = await start();
  await Promise.all([server.close(), server.close()]);
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.on("error", reject);
    probe.listen(server.port, "127.0.0.1", resolve);
  });
  probe.close();
});

test("the administrator's token is for its owner's eyes only and works", async () => {
  const server = await start();
  expect((await stat(server.adminTokenFile ?? "")).mode & 0o777).toBe(0o600);
  const profile = await fetch(`${server.url}/api/v1/me/profile`, { headers: await bearer() });
  expect(await profile.json()).toMatchObject({ username: "admin", roles: ["admin"] });
});

test("pages come with a strict policy, documents with their type", async () => {
  const server = await start();
  const docs = await fetch(`${server.url}/docs`);
  expect(docs.headers.get("content-type")).toContain("text/html");
  expect(docs.headers.get("content-security-policy")).toContain("script-src 'self'");
  expect(docs.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  expect(await docs.text()).not.toMatch(/<script(?![^>]*\bsrc=)/);
  for (const [path, type] of [
    ["/docs/swagger-ui-bundle.js", "text/javascript"],
    ["/docs/swagger-ui.css", "text/css"],
    ["/docs/start.js", "text/javascript"],
    ["/api/v1/openapi.json", "application/json"],
  ] as const) {
    const response = await fetch(`${server.url}${path}`);
    expect([path, response.status, response.headers.get("content-type")?.split(";")[0]]).toEqual([
      path,
      200,
      type,
    ]);
    const etag = response.headers.get("etag");
    await response.arrayBuffer();
    if (etag) {
      expect((await fetch(`${server.url}${path}`, { headers: { "if-none-match": etag } })).status).toBe(304);
    }
  }
  for (const path of [
    "/docs/package.json",
    "/docs/..%2fpackage.json",
    "/assets/..%2f..%2fpackage.json",
    "/assets/.env",
  ]) {
    expect([path, (await fetch(`${server.url}${path}`)).status]).toEqual([
      path,
      expect.toSatisfy((s: number) => s === 404 || s === 400),
    ]);
  }
});

test("internal tokens are for bearers, for themselves, on this machine", async () => {
  const server = await start();
  const headers = await bearer();
  const issue = (username: string, init: RequestInit = {}) =>
    fetch(`${server.url}/api/v1/internal/users/${username}/token`, { method: "POST", headers, ...init });
  const issued = await issue("admin");
  expect(issued.status).toBe(200);
  const token = (await issued.json()) as { username: string; token: string; expiresAt: string };
  expect(token.username).toBe("admin");
  expect(Date.parse(token.expiresAt)).toBeGreaterThan(Date.now());
  const profile = await fetch(`${server.url}/api/v1/me/profile`, {
    headers: { authorization: `Bearer ${token.token}` },
  });
  expect(profile.status).toBe(200);
  expect((await issue("somebody")).status).toBe(403);
  expect((await issue("admin", { headers: {} })).status).toBe(401);
});

test("internal tokens are refused to addresses outside the configured ranges", async () => {
  const config = { ...defaultConfig(), internal: { allowedPodCIDRs: ["10.0.0.0/8"] } };
  const server = await start({ config });
  const answer = await fetch(`${server.url}/api/v1/internal/users/admin/token`, {
    method: "POST",
    headers: { ...(await bearer()), "x-forwarded-for": "10.1.2.3" },
  });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({ code: "source_not_allowed" });
});

test("a session that was made before a restart goes on after it", async () => {
  const first = await start();
  const jar = new Map<string, string>();
  let next = new URL(first.oneTimeLink ?? "");
  while (next.pathname !== "/") {
    const response = await fetch(next, {
      redirect: "manual",
      headers: { cookie: [...jar].map((pair) => pair.join("=")).join("; ") },
    });
    for (const line of response.headers.getSetCookie()) {
      const [name = "", value = ""] = (line.split(";", 1)[0] ?? "").split("=");
      jar.set(name, value);
    }
    next = new URL(response.headers.get("location") ?? "/", next);
  }
  const cookie = `k8shell-session=${jar.get("k8shell-session")}`;
  await first.close();
  const second = await start();
  const profile = await fetch(`${second.url}/api/v1/me/profile`, { headers: { cookie } });
  expect(await profile.json()).toMatchObject({ username: "admin" });
});
