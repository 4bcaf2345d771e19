import { expect, test } from "vitest";
import { createOutputQueue } from "./output-queue.ts";
import { createSessionRegistry, lockLifetimeMs } from "./session-registry.ts";
import type { ShellSession, ShellState } from "./shell-session.ts";

const session = (id: string, terminal = "/dev/pts/0"): ShellSession & { state: ShellState } => ({
  id,
  shell: "/bin/sh",
  pid: 1,
  terminal,
  created: new Date(),
  state: "detached",
  detachedAt: new Date(),
  exitCode: undefined,
  attach: () => ({
    output: createOutputQueue({ onFull() {}, onRoom() {} }),
    offset: 0,
    acknowledge() {},
    inputWaits() {},
  }),
  detach() {},
  announce() {},
  write: async () => {},
  endInput() {},
  resize() {},
  destroy() {},
});

const create = () => {
  const clock = { time: 1_000_000 };
  return { clock, registry: createSessionRegistry(() => clock.time) };
};

test("a lock is good once", () => {
  const { registry } = create();
  const shell = session("a");
  registry.add(shell);
  const acquired = registry.acquire("a");
  const lockId = "lockId" in acquired ? acquired.lockId : "";
  expect(registry.acquirable()).toEqual([]);
  expect(registry.claim(lockId)).toBe(shell);
  expect(() => registry.claim(lockId)).toThrow(expect.objectContaining({ status: "NotFound" }));
});

test("a lock that ran out is DeadlineExceeded, and its session can be acquired again", () => {
  const { registry, clock } = create();
  registry.add(session("a"));
  const acquired = registry.acquire("a");
  const lockId = "lockId" in acquired ? acquired.lockId : "";
  expect(registry.acquire("a")).toEqual({ failure: "already-acquired" });
  clock.time += lockLifetimeMs;
  expect(() => registry.claim(lockId)).toThrow(expect.objectContaining({ status: "DeadlineExceeded" }));
  expect(registry.acquirable()).toHaveLength(1);
  expect("lockId" in registry.acquire("a")).toBe(true);
  clock.time += 3_600_000;
  registry.acquire("a");
  expect(() => registry.claim(lockId)).toThrow(expect.objectContaining({ status: "NotFound" }));
});

test("a lock on a shell that ended meanwhile is NotFound", () => {
  const { registry } = create();
  const shell = session("a");
  registry.add(shell);
  const acquired = registry.acquire("a");
  shell.state = "ended";
  registry.remove(shell);
  expect(() => registry.claim("lockId" in acquired ? acquired.lockId : "")).toThrow(
    expect.objectContaining({ status: "NotFound" }),
  );
});

test("attached sessions and those without a terminal cannot be acquired", () => {
  const { registry } = create();
  const attached = session("a");
  attached.state = "attached";
  registry.add(attached);
  registry.add(session("b", ""));
  expect(registry.acquire("a")).toEqual({ failure: "already-acquired" });
  expect(registry.acquire("b")).toEqual({ failure: "no-terminal" });
  expect(registry.acquire("c")).toEqual({ failure: "not-found" });
  expect(registry.acquirable()).toEqual([]);
  expect(registry.attachedCount()).toBe(1);
});

test("an id is taken while its shell starts and while it lives", () => {
  const { registry } = create();
  registry.reserve("a");
  expect(() => registry.reserve("a")).toThrow(expect.objectContaining({ status: "AlreadyExists" }));
  registry.unreserve("a");
  const shell = session("a");
  registry.add(shell);
  expect(() => registry.reserve("a")).toThrow(expect.objectContaining({ status: "AlreadyExists" }));
  registry.remove(shell);
  registry.reserve("a");
});
