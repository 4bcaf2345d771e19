import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { createProcessOwners, ownerVariable } from "../src/process/owner.ts";
import { isRunning } from "../src/process/proc.ts";
import { eventually } from "./fixture.ts";

const create = () => {
  const owners = createProcessOwners(randomBytes(16).toString("hex"));
  onTestFinished(async () => {
    await owners.terminate({ signal: "SIGKILL", graceMs: 0 });
  });
  const start = (thing: string, script: string) =>
    spawn("/bin/sh", ["-c", script], {
      env: { PATH: process.env.PATH, [ownerVariable]: owners.mark(thing) },
      stdio: "ignore",
      detached: true,
    });
  return { owners, start };
};

/** Does a process ignore SIGTERM (proc_pid_status(5))? */
const ignoresTerm = (pid: number): boolean => {
  const found = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
  return (BigInt(`0x${found?.[1] ?? "0"}`) & (1n << 14n)) !== 0n;
};

test("a thing's processes are found with their descendants, and no other thing's", async () => {
  const { owners, start } = create();
  start("exec:1", "setsid sleep 1000 & sleep 1000; true");
  start("exec:10", "exec sleep 1000");
  await eventually(() => owners.find("exec:1").length === 3 && owners.find("exec:10").length === 1);
  expect(owners.find()).toHaveLength(4);
  expect(await owners.terminate({ thing: "exec:1", signal: "SIGTERM", graceMs: 2000 })).toBe(true);
  expect(owners.find("exec:1")).toEqual([]);
  expect(owners.find("exec:10")).toHaveLength(1);
});

test("a process without an environment is found through its session", async () => {
  const { owners, start } = create();
  const child = start("exec:1", "env -i sleep 1000 & wait");
  const pid = child.pid ?? 0;
  await eventually(() => owners.find("exec:1").length === 1 && owners.find("exec:1", pid).length === 2);
  const all = owners.find("exec:1", pid);
  await owners.terminate({ thing: "exec:1", session: pid, signal: "SIGTERM", graceMs: 2000 });
  expect(all.filter(isRunning)).toEqual([]);
});

test("nothing escapes by being in the middle of executing something", async () => {
  const { owners, start } = create();
  for (let round = 0; round < 20; round += 1) {
    start(`exec:${round}`, "setsid setsid setsid sleep 1000 & setsid sleep 1000 & exec env sleep 1000");
    expect(await owners.terminate({ signal: "SIGTERM", graceMs: 2000 })).toBe(true);
    expect(owners.find()).toEqual([]);
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(owners.find()).toEqual([]);
});

test("a stopped process and one that ignores the signal are ended too", async () => {
  const { owners, start } = create();
  const stopped = start("exec:1", "exec sleep 1000");
  const deaf = start("exec:1", "trap '' TERM; while :; do sleep 0.1; done");
  await eventually(() => owners.find().length >= 2);
  stopped.kill("SIGSTOP");
  expect(await owners.terminate({ signal: "SIGTERM", graceMs: 300 })).toBe(true);
  expect(isRunning(stopped.pid ?? 0) || isRunning(deaf.pid ?? 0)).toBe(false);
});

/** Nothing of this process runs for a while, as when it has no processor. */
const stand = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

test("a process that ignores the signal is ended though whoever ends it had no processor meanwhile", async () => {
  const { owners, start } = create();
  const deaf = start("exec:1", "trap '' TERM; while :; do sleep 0.1; done");
  await eventually(() => owners.find("exec:1").length > 0 && ignoresTerm(deaf.pid ?? 0));
  const ended = owners.terminate({ signal: "SIGTERM", graceMs: 100 });
  // Longer than the grace and what SIGKILL may take together.
  stand(1_500);
  expect(await ended).toBe(true);
  expect(isRunning(deaf.pid ?? 0)).toBe(false);
});

test("the process that asks, and those above it, are spared", () => {
  const owners = createProcessOwners("x");
  expect(owners.find(undefined, process.pid)).not.toContain(process.pid);
});
