import { expect, test } from "vitest";
import { cpuMillicores, parseQuantity, quantityBytes } from "./quantity.ts";

test.each([
  ["500m", 0.5],
  ["2", 2],
  ["0.25", 0.25],
  [".5", 0.5],
  ["1e3", 1000],
  ["1E3", 1000],
  ["256Mi", 256 * 2 ** 20],
  ["1.5Gi", 1.5 * 2 ** 30],
  ["1G", 1e9],
  ["128k", 128e3],
  ["2Ei", 2 * 2 ** 60],
  ["1E", 1e18],
])("%s is the quantity %d", (text, value) => {
  expect(parseQuantity(text)).toBe(value);
});

test.each(["", "x", "-1", "1 Gi", "1GiB", "0x10", "1e", "Mi", "1,5", "1e999"])(
  "%j is no quantity",
  (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  },
);

test("CPU is counted in millicores, at least one, and memory in whole bytes", () => {
  expect(["500m", "2", "0.1m", "0", undefined].map(cpuMillicores)).toEqual([
    500,
    2000,
    1,
    undefined,
    undefined,
  ]);
  expect(["256Mi", "0.5", "0", undefined].map(quantityBytes)).toEqual([268_435_456, 1, undefined, undefined]);
});
