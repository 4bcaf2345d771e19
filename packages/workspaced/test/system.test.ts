import { createServer } from "node:http";
import { join } from "node:path";
import { LogLevel } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { expect, onTestFinished, test } from "vitest";
import { exec, failure, openShell, startDaemon } from "./fixture.ts";

test("a handshake names the version and refuses another major one in an ordinary answer", async () => {
  const { system } = await startDaemon();
  const answer = await system.handshake({ clientVersion: "" });
  expect(answer).toMatchObject({ accepted: true, message: "" });
  expect(answer.serverVersion).toMatch(/^\d+\.\d+\.\d+-\w+$/);
  expect(await system.handshake({ clientVersion: answer.serverVersion })).toMatchObject({ accepted: true });
  const refused = await system.handshake({ clientVersion: "99.1.0" });
  expect(refused.accepted).toBe(false);
  expect(refused.message).toContain("99.1.0");
  expect(await system.handshake({ clientVersion: "nonsense" })).toMatchObject({ accepted: false });
});

test("system information is there at once: limits, memory, mounts, users, repository", async () => {
  const { system, ssh } = await startDaemon({
    limits: { cpuMillicores: 1500, memoryMiB: 2048 },
    repository: "acme/portal",
    declaredSizes: { "/": 12345 },
  });
  const info = await system.systemInfo({});
  expect(info.time).toMatch(/^\d{4}-.*Z$/);
  expect(Date.parse(info.system?.uptime ?? "")).toBeLessThanOrEqual(Date.now());
  expect(info.system?.memoryUsageMiB).toBeGreaterThan(1);
  expect(info.system?.memLimitMiB).toBeGreaterThan(0);
  expect(info.system?.cpuLimitMillicores).toBeGreaterThan(0);
  expect(info.system?.users).toBe(0);
  expect(info.repository).toBe("acme/portal");
  const root = info.mounts.find(({ mountPoint }) => mountPoint === "/");
  expect(root?.totalBytes).toBeGreaterThan(0n);
  expect(root?.usedBytes).toBe((root?.totalBytes ?? 0n) - (root?.freeBytes ?? 0n));
  expect(root?.declaredSize).toBe(12345n);
  expect(info.mounts.some(({ mountPoint }) => mountPoint.startsWith("/proc"))).toBe(false);
  expect(info.docker).toBeUndefined();

  const shell = openShell(ssh, "ws-1");
  await shell.started();
  expect((await system.systemInfo({})).system?.users).toBe(1);
});

test("a container engine's usage is reported from its socket", async () => {
  const answers: Record<string, unknown> = {
    "/version": { ApiVersion: "1.47" },
    "/info": { DockerRootDir: "/var/lib/docker" },
    "/system/df": {
      LayersSize: 1000,
      Containers: [{ SizeRw: 10, SizeRootFs: 500 }, { SizeRootFs: 100 }],
      Volumes: [{ UsageData: { Size: 7 } }, {}],
      BuildCache: [{ Size: 3 }],
    },
  };
  const engine = createServer((request, response) =>
    response.end(JSON.stringify(answers[request.url ?? ""])),
  );
  const { mkdtemp, rm } = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  const directory = await mkdtemp(join(tmpdir(), "engine-"));
  const socketPath = join(directory, "engine.sock");
  await new Promise<void>((resolve) => engine.listen(socketPath, resolve));
  onTestFinished(async () => {
    engine.close();
    await rm(directory, { recursive: true });
  });
  const { system } = await startDaemon({ env: { DOCKER_HOST: `unix://${socketPath}` } });
  const { docker } = await system.systemInfo({});
  expect(docker).toMatchObject({
    socketPath,
    apiVersion: "1.47",
    dockerRootDir: "/var/lib/docker",
    imagesBytes: 1000n,
    containersBytes: 10n,
    containersRootFsBytes: 600n,
    volumesBytes: 7n,
    buildCacheBytes: 3n,
    totalBytes: 1020n,
  });
});

test("log pages go backwards by id, oldest first within a page", async () => {
  const { system, ssh } = await startDaemon();
  for (let count = 0; count < 6; count += 1) await exec(ssh, "true");
  const newest = await system.getLogsPage({ component: "exec", limit: 5 });
  expect(newest.entries).toHaveLength(5);
  expect(newest.hasMore).toBe(true);
  const ids = newest.entries.map(({ id }) => id);
  expect(ids).toEqual([...ids].sort((a, b) => Number(a - b)));
  const older = await system.getLogsPage({ component: "exec", beforeId: ids[0], limit: 100 });
  expect(older.hasMore).toBe(false);
  expect(older.entries).toHaveLength(7);
  expect(older.entries.at(-1)?.id).toBeLessThan(ids[0] ?? 0n);
  expect((await system.getLogsPage({ component: "exec", level: LogLevel.ERROR })).entries).toEqual([]);
  expect((await system.getLogsPage({})).entries.length).toBeGreaterThan(11);
  expect(await failure(system.getLogsPage({ limit: -1 }))).toBe("InvalidArgument");
  expect(await failure(system.getLogsPage({ beforeId: -1n }))).toBe("InvalidArgument");
});

test("a followed log goes on until it is cancelled", async () => {
  const { system, ssh } = await startDaemon();
  await exec(ssh, "true");
  const history: string[] = [];
  for await (const entry of system.getLogsStream({ component: "exec", lastN: 1 }))
    history.push(entry.message);
  expect(history).toHaveLength(1);
  const abort = new AbortController();
  const seen: string[] = [];
  const follow = async () => {
    for await (const entry of system.getLogsStream(
      { component: "exec", follow: true },
      { signal: abort.signal },
    )) {
      seen.push(entry.message);
      if (entry.message.includes("ex-mark")) abort.abort();
    }
  };
  const following = failure(follow());
  await exec(ssh, "true", { id: "ex-mark" });
  expect(await following).toBe("Canceled");
  expect(seen.length).toBeGreaterThanOrEqual(3);
});

test("the daemon's log holds no commands and no environment", async () => {
  const { logs, ssh } = await startDaemon({ env: { SECRET: "hunter2" } });
  await exec(ssh, "echo swordfish >/dev/null");
  expect(logs.join("\n")).not.toMatch(/swordfish|hunter2/);
  expect(logs.length).toBeGreaterThan(0);
});
