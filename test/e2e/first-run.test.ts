import { stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openCloudshell } from "./cloudshell-client.ts";
import {
  createWorkspace,
  discard,
  eventually,
  newDataDir,
  type RunningServer,
  startServerProcess,
} from "./harness.ts";

const servers: RunningServer[] = [];
const start = async (dataDir: string, args?: string[]) => {
  const server = await startServerProcess(dataDir, args);
  servers.push(server);
  return server;
};

afterEach(async () => {
  const last = servers.at(-1);
  servers.length = 0;
  if (last) await discard(last).catch(() => undefined);
});

test("the first start prints where everything is and leaves an admin token only its owner can read", async () => {
  const server = await start(await newDataDir());
  expect(server.output()).toMatch(/\/signin\/once\?token=\S+/);
  expect(server.output()).toContain(`${server.url}/docs`);
  expect(server.output()).toContain(`${server.url}/api/v1`);
  expect(server.output()).toContain("--stop-workspaces");
  expect(server.output().trimEnd().split("\n").at(-1)).toBe(`listening on ${server.url}`);
  expect((await stat(join(server.dataDir, "admin.token"))).mode & 0o777).toBe(0o600);
  expect(await server.adminToken()).toMatch(/^k8sh_[A-Za-z0-9_-]{43}$/);

  const health = await fetch(`${server.url}/api/v1/healthcheck`);
  expect(health.status).toBe(200);
  expect(await health.json()).toMatchObject({ status: "ok" });
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);

  const profile = (await (await server.api("GET", "/me/profile")).json()) as Record<string, unknown>;
  expect(profile).toMatchObject({ username: "admin", roles: ["admin"], isValid: true, is_valid: true });
  expect(await (await server.api("GET", "/me/blueprints")).json()).toContain("dev");
});

test("a second start keeps the admin's token and the data", async () => {
  const dataDir = await newDataDir();
  const first = await start(dataDir);
  const token = await first.adminToken();
  expect(await first.stop()).toBe(0);
  const second = await start(dataDir);
  expect(await second.adminToken()).toBe(token);
  expect((await second.api("GET", "/me/profile")).status).toBe(200);
});

test("a second server on the same data directory is refused with a clear message", async () => {
  const server = await start(await newDataDir());
  await expect(startServerProcess(server.dataDir)).rejects.toThrow(/in use|already/i);
});

test("stopping the server leaves workspaces running and the next start finds them", async () => {
  const dataDir = await newDataDir();
  const first = await start(dataDir);
  const { workspace } = await createWorkspace(first, { username: "admin", blueprint: "dev" });
  const terminal = await openCloudshell(first, workspace, { tab: "t" });
  terminal.type("echo $((40 + 2)) is $$\n");
  const shell = /42 is (\d+)/.exec(await terminal.waitFor(/42 is \d+/))?.[1];
  expect(await first.stop("SIGINT")).toBe(0);
  expect((await terminal.closed).code).toBe(1012);

  const second = await start(dataDir);
  const found = (await (await second.api("GET", `/workspaces/${workspace}`)).json()) as { status: string };
  expect(found.status).toBe("Running");
  const again = await openCloudshell(second, workspace, { tab: "t" });
  await again.waitFor("42 is");
  const before = again.output().length;
  again.type("echo still $$\n");
  expect(/still (\d+)/.exec((await again.waitFor(/still \d+/, before)).slice(before))?.[1]).toBe(shell);
  await again.close();
});

test("--stop-workspaces ends every process of every workspace with the server", async () => {
  const server = await start(await newDataDir(), ["--stop-workspaces"]);
  const { workspace } = await createWorkspace(server, { username: "admin", blueprint: "dev" });
  const marker = `sleep 98${process.pid}`;
  const terminal = await openCloudshell(server, workspace, { tab: "t" });
  terminal.type(`(setsid ${marker} &) ; echo started-$((1+1))\n`);
  await terminal.waitFor("started-2");
  const alive = async () => {
    const { execFileSync } = await import("node:child_process");
    const processes = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
    return processes.split("\n").filter((line) => line === marker || line.includes(server.dataDir));
  };
  await eventually(async () => ((await alive()).includes(marker) ? true : undefined));
  servers.length = 0;
  expect(await server.stop()).toBe(0);
  expect(await alive()).toEqual([]);
});
