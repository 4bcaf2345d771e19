import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { grpcChannel } from "@k8shell/rpc";
import { expect, onTestFinished, test } from "vitest";
import { readInstance } from "../src/instance.ts";
import { createProcessOwners } from "../src/process/owner.ts";
import { isRunning } from "../src/process/proc.ts";
import { startBundle } from "./bundle-fixture.ts";
import {
  clientsOf,
  createWorkspace,
  eventually,
  exec,
  failure,
  openShell,
  startGrpcDaemon,
} from "./fixture.ts";

/** Finds the processes of the daemon with this state directory. */
const ownersOf = (stateDir: string) => createProcessOwners(readInstance(stateDir));

test("the bundle runs from a directory without node_modules: terminals, commands, version", async () => {
  const { ssh, system, config } = await startBundle();
  const shell = openShell(ssh, "ws-1");
  expect(await shell.started()).toMatch(/^\/dev\/pts/);
  await shell.type("echo $((6*7))\n");
  await shell.until("42");
  expect((await exec(ssh, "echo hi; exit 3")).exitCode).toBe(3);
  expect((await system.handshake({ clientVersion: "" })).accepted).toBe(true);
  expect((await stat(config.listen)).mode & 0o777).toBe(0o600);
});

test("every call needs the token, streams too", async () => {
  const { config, directory } = await startGrpcDaemon();
  const wrong = join(directory, "wrong");
  await writeFile(wrong, "not-the-token");
  for (const tokenFile of [undefined, wrong]) {
    const channel = grpcChannel({ address: `unix:${config.listen}`, tokenFile });
    onTestFinished(() => channel.close());
    const { ssh, system } = clientsOf(channel);
    expect(await failure(system.handshake({}))).toBe("Unauthenticated");
    expect(await failure(exec(ssh, "true"))).toBe("Unauthenticated");
    expect(await failure(openShell(ssh, "ws-1").rest())).toBe("Unauthenticated");
  }
});

test("a client killed with -9 leaves its shell detached, and its output is replayed to the next one", async () => {
  const { ssh, config } = await startGrpcDaemon();
  const client = spawn(
    process.execPath,
    [
      join(import.meta.dirname, "attached-client.ts"),
      `unix:${config.listen}`,
      config.tokenFile ?? "",
      "ws-1",
      "stty -echo; echo first; sleep 0.5; echo second; read line; echo got $line\n",
      "first",
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  onTestFinished(() => {
    client.kill("SIGKILL");
  });
  await new Promise((resolve) => client.stdout.once("data", resolve));
  client.kill("SIGKILL");
  await eventually(async () => (await ssh.listSessions({})).sessions.length === 1);
  const { lockId } = await ssh.acquireSession({ sessionId: "ws-1" });
  const shell = openShell(ssh, "ws-1", { lockId, detachOnClose: true });
  expect(await shell.started()).toBe("");
  await shell.until("second");
  expect(shell.text).toContain("first");
  await shell.type("hello\n");
  await shell.until("got hello");
});

test("cancel and half-close mean over gRPC what they mean in process", async () => {
  const { ssh } = await startGrpcDaemon();
  const kept = openShell(ssh, "ws-1", { detachOnClose: true });
  await kept.started();
  kept.cancel();
  await eventually(async () => (await ssh.listSessions({})).sessions.length === 1);
  const dropped = openShell(ssh, "ws-2", { detachOnClose: true });
  await dropped.started();
  dropped.halfClose();
  await dropped.rest();
  expect((await ssh.listSessions({})).sessions.map(({ sessionId }) => sessionId)).toEqual(["ws-1"]);
});

test("an idle daemon takes at most 80 MiB, and little more once it has been used", async () => {
  const daemon = await startBundle();
  await sleep(2000);
  expect(await daemon.memory()).toBeLessThanOrEqual(80);
  const shell = openShell(daemon.ssh, "ws-1");
  await shell.type("echo used\n");
  await shell.until("used\r\n");
  shell.halfClose();
  await shell.rest();
  for (let count = 0; count < 20; count += 1) await exec(daemon.ssh, "echo hello");
  await eventually(async () => (await daemon.memory()) <= 88);
});

test("300 MB in a terminal and from a command, read slowly, take no more memory than a little", async () => {
  const daemon = await startBundle();
  const before = await daemon.memory();
  const shell = openShell(daemon.ssh, "ws-1");
  await shell.type("stty -opost; head -c 300000000 /dev/zero; echo finished\n");
  for (let count = 0; count < 50; count += 1) {
    await shell.step();
    await sleep(20);
  }
  expect(await daemon.memory("VmHWM")).toBeLessThan(before + 50);
  shell.cancel();

  const abort = new AbortController();
  const requests = async function* () {
    yield {
      request: { case: "commandDetails" as const, value: { command: "head -c 300000000 /dev/zero" } },
    };
    await new Promise(() => {});
  };
  const call = daemon.ssh.exec(requests(), { metadata: { "exec-id": "ex-1" }, signal: abort.signal });
  const reader = call[Symbol.asyncIterator]();
  for (let count = 0; count < 50; count += 1) {
    await reader.next();
    await sleep(20);
  }
  abort.abort();
  expect(await daemon.memory("VmHWM")).toBeLessThan(before + 60);
});

test("300 MB read at full speed arrive whole", async () => {
  const daemon = await startBundle();
  const before = await daemon.memory();
  const requests = async function* () {
    yield {
      request: { case: "commandDetails" as const, value: { command: "head -c 300000000 /dev/zero" } },
    };
  };
  let bytes = 0;
  let exitCode: number | undefined;
  for await (const { response } of daemon.ssh.exec(requests(), { metadata: { "exec-id": "ex-1" } })) {
    if (response.case === "stdout") bytes += response.value.length;
    if (response.case === "exitCode") exitCode = response.value;
  }
  expect({ bytes, exitCode }).toEqual({ bytes: 300_000_000, exitCode: 0 });
  expect(await daemon.memory("VmHWM")).toBeLessThan(before + 60);
});

test("Ctrl-C lands while a flood of output waits for a slow client", async () => {
  const { ssh } = await startBundle();
  const shell = openShell(ssh, "ws-1");
  await shell.type('bash -c \'trap "echo interr\\"\\"upted" INT; yes; true\'\n');
  await shell.until("y\r\ny\r\n");
  await sleep(200);
  await shell.type("\x03");
  await shell.until("interrupted");
});

test("SIGTERM ends apps, shells and what they started, and the daemon with code 0", async () => {
  const daemon = await startBundle({
    apps: [
      {
        name: "web",
        enabled: true,
        binary: "",
        start: ["/bin/sh", "-c", "sleep 1000 & exec sleep 1000"],
        listen: 0,
        restartPolicy: "always",
        autoStart: true,
        protocol: "",
      },
    ],
  });
  const shell = openShell(daemon.ssh, "ws-1", { detachOnClose: true });
  await shell.type("sleep 1000 & nohup sleep 1000 >/dev/null 2>&1 & echo pids=$!.\n");
  await shell.until(/pids=\d+\./);
  shell.cancel();
  const app = (await daemon.apps.listApps({})).apps[0];
  const background = Number(/pids=(\d+)\./.exec(shell.text)?.[1]);
  const owners = ownersOf(daemon.config.stateDir);
  expect(owners.find().length).toBeGreaterThanOrEqual(5);
  expect(await daemon.stop("SIGTERM")).toBe(0);
  expect(isRunning(app?.pid ?? 0)).toBe(false);
  expect(isRunning(background)).toBe(false);
  expect(owners.find()).toEqual([]);
});

test("a daemon killed with -9 is replaced by one that ends what it left", async () => {
  const daemon = await startBundle();
  const shell = openShell(daemon.ssh, "ws-1");
  await shell.type("setsid sh -c 'echo $$ > pid; trap : HUP; while :; do sleep 0.1; done' & echo started.\n");
  await shell.until("started.\r\n");
  await eventually(() => existsSync(join(daemon.home, "pid")));
  const pid = Number(readFileSync(join(daemon.home, "pid"), "utf8"));
  await daemon.stop("SIGKILL");
  expect(isRunning(pid)).toBe(true);
  await daemon.restart();
  expect(isRunning(pid)).toBe(false);
  expect((await exec(daemon.connect().ssh, "echo back")).stdout).toBe("back\n");
});

test("--check tells a good configuration from a bad one, and names what is wrong", async () => {
  const { config, directory } = await createWorkspace();
  const file = join(directory, "config.json");
  const check = () =>
    spawnSync(process.execPath, [join(import.meta.dirname, "../src/main.ts"), "--config", file, "--check"]);
  await writeFile(file, JSON.stringify(config));
  expect(check().status).toBe(0);
  await writeFile(file, JSON.stringify({ ...config, home: "relative" }));
  const bad = check();
  expect(bad.status).toBe(2);
  expect(bad.stderr.toString()).toContain("home must be an absolute path");
  await writeFile(file, "{");
  expect(check().stderr.toString()).toContain("is not JSON");
});

test("an address that cannot be bound ends the daemon with an error and without its init scripts", async () => {
  const { config, directory } = await createWorkspace({
    listen: "192.0.2.1:1",
    initScripts: [{ name: "long", script: "sleep 1000" }],
  });
  const file = join(directory, "config.json");
  await writeFile(file, JSON.stringify(config));
  const result = spawnSync(process.execPath, [join(import.meta.dirname, "../src/main.ts"), "--config", file]);
  expect(result.status).toBe(1);
  expect(result.stderr.toString()).toMatch(/workspaced: .*192\.0\.2\.1/);
  expect(ownersOf(config.stateDir).find()).toEqual([]);
});
