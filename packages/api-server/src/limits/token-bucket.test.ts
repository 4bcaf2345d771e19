import { expect, test } from "vitest";
import { createTokenBuckets } from "./token-bucket.ts";

const bucketsAt = (quota: number, maxKeys?: number) => {
  const clock = { now: 1_000 };
  return { clock, buckets: createTokenBuckets({ quota, windowMs: 60_000, maxKeys, now: () => clock.now }) };
};

test("allows a full bucket at once, and then as much as flows in", () => {
  const { clock, buckets } = bucketsAt(3);
  expect([1, 2, 3].map(() => buckets.take("a").remaining)).toEqual([2, 1, 0]);
  expect(buckets.take("a")).toEqual({ allowed: false, remaining: 0, waitMs: 20_000 });
  clock.now += 20_000;
  expect(buckets.take("a").allowed).toBe(true);
  expect(buckets.take("a").allowed).toBe(false);
  clock.now += 60_000;
  expect(buckets.take("a")).toMatchObject({ allowed: true, remaining: 2 });
});

test("refused requests cost nothing, and keys do not share", () => {
  const { clock, buckets } = bucketsAt(1);
  buckets.take("a");
  for (let i = 0; i < 100; i += 1) expect(buckets.take("a").allowed).toBe(false);
  expect(buckets.take("b").allowed).toBe(true);
  clock.now += 60_000;
  expect(buckets.take("a").allowed).toBe(true);
});

test("looking takes nothing", () => {
  const { buckets } = bucketsAt(1);
  expect(buckets.look("a").allowed).toBe(true);
  expect(buckets.take("a").allowed).toBe(true);
  expect(buckets.look("a")).toMatchObject({ allowed: false, waitMs: 60_000 });
});

test("memory is bounded: full buckets are forgotten first, then those unused for longest", () => {
  const { clock, buckets } = bucketsAt(1, 100);
  for (let i = 0; i < 100; i += 1) buckets.take(`old-${i}`);
  clock.now += 60_000;
  buckets.take("new");
  expect(buckets.size).toBe(1);
  for (let i = 0; i < 1_000; i += 1) buckets.take(`flood-${i}`);
  expect(buckets.size).toBeLessThanOrEqual(100);
  expect(buckets.take("flood-999").allowed).toBe(false);
});
