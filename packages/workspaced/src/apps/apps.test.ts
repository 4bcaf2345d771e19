import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WorkspacedApp } from "@k8shell/contract";
import { expect, onTestFinished, test } from "vitest";
import { formatAge } from "./age.ts";
import { createAppLog } from "./app-log.ts";
import { extractVersion } from "./app-program.ts";
import { parseListening } from "./listening.ts";
import { restartDelay } from "./restart.ts";

const app: WorkspacedApp = {
  name: "web",
  enabled: true,
  binary: "",
  start: ["serve"],
  listen: 0,
  restartPolicy: "always",
  autoStart: false,
  protocol: "",
};

test("ages show their two largest units", () => {
  const ages: Array<[number, string]> = [
    [0, "0s"],
    [45, "45s"],
    [184, "3m4s"],
    [180, "3m"],
    [5760, "1h36m"],
    [183_600, "2d3h"],
    [172_800 + 59, "2d"],
  ];
  for (const [seconds, text] of ages) expect(formatAge(seconds * 1000)).toBe(text);
});

test("restarts wait one second, then double to the limit; a stable run starts over", () => {
  const crash = { code: 1, ranMs: 10 };
  const delays: number[] = [];
  for (let delay = 0; delays.length < 11; ) {
    delay = restartDelay(app, crash, delay) ?? -1;
    delays.push(delay / 1000);
  }
  expect(delays).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  expect(restartDelay({ ...app, maxRestartBackoff: 5 }, crash, 4000)).toBe(5000);
  expect(restartDelay(app, { code: 1, ranMs: 60_000 }, 256_000)).toBe(1000);
});

test("the restart policy decides which ends are final", () => {
  const clean = { code: 0, ranMs: 10 };
  const killed = { code: null, ranMs: 10 };
  expect(restartDelay(app, clean, 0)).toBe(1000);
  expect(restartDelay({ ...app, restartPolicy: "on-failure" }, clean, 0)).toBeUndefined();
  expect(restartDelay({ ...app, restartPolicy: "on-failure" }, killed, 0)).toBe(1000);
  expect(restartDelay({ ...app, restartPolicy: "never" }, killed, 0)).toBeUndefined();
});

test("a version is the pattern's group, its match, or the first line", () => {
  expect(extractVersion("tool v1.2.3 abc\n", "v([0-9.]+)")).toBe("1.2.3");
  expect(extractVersion("tool v1.2.3 abc\n", "v[0-9.]+")).toBe("v1.2.3");
  expect(extractVersion("4.9\nmore\n", undefined)).toBe("4.9");
  expect(extractVersion("nothing", "v([0-9.]+)")).toBe("N/A");
  expect(extractVersion("v1", "(")).toBe("N/A");
  expect(extractVersion("", undefined)).toBe("N/A");
});

test("listening ports are read from the kernel's table", () => {
  const table = [
    "  sl  local_address rem_address   st tx_queue rx_queue",
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000",
    "   1: 0100007F:0016 0100007F:C350 01 00000000:00000000 00:00000000",
    "   2: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A",
    "",
  ].join("\n");
  expect([...parseListening(table)]).toEqual([8080, 80]);
});

const createLog = () => {
  const directory = mkdtempSync(join(tmpdir(), "app-log-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const log = createAppLog(join(directory, "app/app.log"));
  log.restart();
  return log;
};

test("a follower that keeps up sees every line once while the log is put aside again and again", async () => {
  const log = createLog();
  let active = true;
  const seen: string[] = [];
  const following = (async () => {
    for await (const line of log.follow(() => active, new AbortController().signal)) seen.push(line);
  })();
  const expected: string[] = [];
  for (let count = 0; count < 300; count += 1) {
    const line = `${count} ${"x".repeat(20_000)}`;
    expected.push(line);
    log.append(Buffer.from(`${line}\n`));
    await new Promise((resolve) => setImmediate(resolve));
  }
  active = false;
  log.notify();
  await following;
  expect(seen).toHaveLength(expected.length);
  expect(seen).toEqual(expected);
  expect(log.read().length).toBeLessThanOrEqual(2 * 1024 * 1024);
});

test("a line longer than the limit comes in several, and a cut character is put together again", async () => {
  const log = createLog();
  log.append(Buffer.from("y".repeat(150_000)));
  log.append(Buffer.from("\né".slice(0, 1)));
  const accent = Buffer.from("é\n");
  log.append(accent.subarray(0, 1));
  log.append(accent.subarray(1));
  const lines: string[] = [];
  for await (const line of log.follow(() => false, new AbortController().signal)) lines.push(line);
  expect(lines.map(({ length }) => length)).toEqual([65_536, 65_536, 18_928, 1]);
  expect(lines.at(-1)).toBe("é");
});

test("output that cannot be written is missing, and nothing else happens", async () => {
  const directory = mkdtempSync(join(tmpdir(), "app-log-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  // A file where the directory should be stands for a full disk.
  writeFileSync(join(directory, "app"), "");
  const log = createAppLog(join(directory, "app/app.log"));
  log.restart();
  log.append(Buffer.from("lost\n"));
  log.note("lost, too");
  expect(log.exists()).toBe(false);
  rmSync(join(directory, "app"));
  mkdirSync(join(directory, "app"));
  log.append(Buffer.from("kept\n"));
  expect(log.read()).toBe("[k8shell] output is missing here: it could not be written\nkept\n");
});

test("a follower ends when it is aborted", async () => {
  const log = createLog();
  const abort = new AbortController();
  const following = (async () => {
    for await (const _ of log.follow(() => true, abort.signal));
  })();
  abort.abort();
  await following;
});
