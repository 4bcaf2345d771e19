import { sqliteKv } from "@k8shell/kv";
import { expect, onTestFinished, test } from "vitest";
import { createIdempotent } from "./idempotency.ts";

const start = async () => {
  const kv = sqliteKv({ file: ":memory:" });
  onTestFinished(() => kv.close());
  const clock = { now: 1_800_000_000_000 };
  const idempotent = createIdempotent(await kv.bucket("idempotency"), () => clock.now);
  let runs = 0;
  const work = async () => ({ status: 202, body: { run: ++runs } });
  const ask = (key: string | undefined, body: unknown, username = "ann", doing = work) =>
    idempotent({ key, username, operationId: "createWorkspace", body }, doing);
  return { ask, clock, runs: () => runs };
};

test("a repeated request gets the first answer, and one without a key always runs", async () => {
  const { ask, runs } = await start();
  expect([await ask("k", "a"), await ask("k", "a")]).toEqual(
    Array(2).fill({ status: 202, body: { run: 1 } }),
  );
  await ask(undefined, "a");
  await ask(undefined, "a");
  expect(runs()).toBe(3);
});

test("a key is one caller's own, and of one request", async () => {
  const { ask, runs } = await start();
  await ask("k", "a");
  await ask("k", "a", "ben");
  expect(runs()).toBe(2);
  await expect(ask("k", "b")).rejects.toMatchObject({ code: "unprocessable", status: 422 });
  for (const key of ["", "a b", "é", "x".repeat(256)])
    await expect(ask(key, "a")).rejects.toMatchObject({ status: 400 });
});

test("of two at once one runs and the other is told to wait", async () => {
  const { ask, runs } = await start();
  const gate = Promise.withResolvers<{ status: number; body: { run: number } }>();
  const first = ask("k", "a", "ann", () => gate.promise);
  await expect(ask("k", "a")).rejects.toMatchObject({ code: "conflict" });
  gate.resolve({ status: 202, body: { run: 9 } });
  expect(await first).toEqual({ status: 202, body: { run: 9 } });
  expect(await ask("k", "a")).toEqual({ status: 202, body: { run: 9 } });
  expect(runs()).toBe(0);
});

test("a request that failed, or whose server was lost, may be repeated", async () => {
  const { ask, clock, runs } = await start();
  await expect(ask("k", "a", "ann", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await ask("k", "a");
  void ask("lost", "a", "ann", () => new Promise(() => undefined));
  await expect(ask("lost", "a")).rejects.toMatchObject({ code: "conflict" });
  clock.now += 4 * 60_000;
  await ask("lost", "a");
  expect(runs()).toBe(2);
});
