import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WorkspacedConfig } from "@k8shell/contract";
import { type CallContext, Code } from "@k8shell/rpc";
import { expect, test } from "vitest";
import { createRecentIds } from "../exec/recent-ids.ts";
import { createLogRing } from "../logs/log-ring.ts";
import { createTokenCheck } from "../token.ts";
import { createEnvironment, parseAssignments } from "./environment.ts";
import { createProcessOwners } from "./owner.ts";
import { parseStat } from "./proc.ts";
import { parseSignal, sendSignal, signalExitCode } from "./signals.ts";

test("the kernel's line is parsed also when the command's name holds blanks and brackets", () => {
  const fields = Array.from({ length: 50 }, (_, index) => String(index + 4)).join(" ");
  expect(parseStat(`42 (a ) (b) S ${fields}`)).toMatchObject({
    pid: 42,
    state: "S",
    parent: 4,
    group: 5,
    session: 6,
  });
  expect(parseStat("nonsense")).toBeUndefined();
});

test("signals are known by SSH name, full name and number", () => {
  expect(parseSignal("TERM")).toBe("SIGTERM");
  expect(parseSignal("sigint")).toBe("SIGINT");
  expect(parseSignal("9")).toBe("SIGKILL");
  expect(parseSignal("NOPE")).toBeUndefined();
  expect(parseSignal("toString")).toBeUndefined();
  expect(signalExitCode("SIGTERM")).toBe(143);
});

test("no signal goes to the daemon's own group, to everything or to init", () => {
  for (const target of [0, 1, -1, Number.NaN, 1.5]) expect(sendSignal(target, "SIGKILL")).toBe(false);
});

test("assignments without a name or with a NUL are left out, later ones win", () => {
  expect(parseAssignments(["A=1", "=x", "B", "C=a=b", "D=\0", "A=2"])).toEqual({ A: "2", C: "a=b" });
});

test("an environment is the base, the blueprint's, the request's, with HOME and the owner's mark forced", () => {
  const config: WorkspacedConfig = {
    workspace: "alice-1",
    listen: "/x",
    username: "alice",
    home: "/home/alice",
    shell: "/bin/zsh",
    hostname: "dev",
    env: { PATH: "/opt/bin", LANG: "de_DE.UTF-8" },
    initScripts: [],
    showInitScriptStatus: false,
    shells: { allowSessionDetach: true, detachTimeoutSeconds: 1 },
    ignoreOrphans: false,
    enableApps: false,
    apps: [],
    stateDir: "/state",
  };
  const make = createEnvironment({
    config,
    owners: createProcessOwners("i"),
    credentials: { GIT_CONFIG_COUNT: "1" },
    toolsDir: "/tools",
    path: "/usr/bin",
  });
  expect(make("shell:a", ["HOME=/root", "K8SHELL_OWNER=other", "X=1"])).toEqual({
    PATH: "/tools:/opt/bin",
    USER: "alice",
    LOGNAME: "alice",
    SHELL: "/bin/zsh",
    LANG: "de_DE.UTF-8",
    HOME: "/home/alice",
    K8SHELL_USERNAME: "alice",
    K8SHELL_WORKSPACE: "alice-1",
    K8SHELL_TOOLS: "/tools",
    K8SHELL_OWNER: "i:shell:a",
    GIT_CONFIG_COUNT: "1",
    X: "1",
  });
});

test("an id stays taken while in use and for its memory time", () => {
  let time = 0;
  const ids = createRecentIds(60_000, () => time);
  const release = ids.take("a");
  time = 1e9;
  expect(() => ids.take("a")).toThrow(expect.objectContaining({ code: Code.AlreadyExists }));
  release();
  time += 59_999;
  expect(() => ids.take("a")).toThrow();
  time += 1;
  ids.take("a");
});

test("the log ring keeps the newest entries under ids that go on", () => {
  const ring = createLogRing(10);
  for (let count = 1; count <= 100; count += 1) {
    ring.push({
      time: "",
      component: count % 2 ? "a" : "b",
      level: count % 10 ? "info" : "error",
      message: `${count}`,
    });
  }
  const all = ring.page({ component: "", level: "debug" }, 0, 1000);
  expect(all.entries.length).toBeLessThanOrEqual(12);
  expect(all.entries.at(-1)).toMatchObject({ id: 100, message: "100" });
  expect(ring.page({ component: "a", level: "debug" }, 100, 2).entries.map(({ id }) => id)).toEqual([97, 99]);
  expect(ring.page({ component: "", level: "error" }, 0, 5).entries.map(({ id }) => id)).toEqual([100]);
  expect(ring.page({ component: "", level: "debug" }, 96, 2)).toMatchObject({ hasMore: true });
});

test("a token must be the whole one, and a missing or empty file refuses everybody", () => {
  const directory = mkdtempSync(join(tmpdir(), "token-"));
  const file = join(directory, "token");
  const check = createTokenCheck(file);
  const call = (authorization?: string): CallContext => ({
    metadata: authorization === undefined ? {} : { authorization },
    signal: new AbortController().signal,
    sendHeaders: () => {},
  });
  const refused = expect.objectContaining({ code: Code.Unauthenticated });
  expect(() => check(call("Bearer x"))).toThrow(refused);
  writeFileSync(file, "secret-token\n");
  check(call("Bearer secret-token"));
  for (const wrong of [
    undefined,
    "",
    "Bearer",
    "Bearer secret",
    "Bearer secret-token2",
    "Basic secret-token",
    `Bearer ${"x".repeat(5000)}`,
  ]) {
    expect(() => check(call(wrong))).toThrow(refused);
  }
  writeFileSync(file, "\n");
  expect(() => check(call("Bearer "))).toThrow(refused);
  rmSync(directory, { recursive: true });
});
