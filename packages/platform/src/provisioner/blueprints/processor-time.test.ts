import { expect, test } from "vitest";
import { withinProcessorTime } from "./processor-time.ts";

test("what never ends is ended", () => {
  expect(
    withinProcessorTime(400, () => {
      for (;;);
    }),
  ).toBe(false);
});

test("time without a processor is no time that was taken", () => {
  let runs = 0;
  expect(
    withinProcessorTime(400, () => {
      runs += 1;
      if (runs < 3) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    }),
  ).toBe(true);
  expect(runs).toBe(3);
});

test("a failure is told", () => {
  expect(() =>
    withinProcessorTime(400, () => {
      throw new RangeError("wrong");
    }),
  ).toThrow("wrong");
});
