import { expect, it } from "vitest";
import { createKeyWatch, parseKeySequence } from "./key-sequence.ts";

it("keys are read in the ways that people write them", () => {
  expect(parseKeySequence("ctrl-a d")).toEqual([1, 100]);
  expect(parseKeySequence("^]")).toEqual([0x1d]);
  expect(parseKeySequence("ctrl-p,ctrl-q")).toEqual([16, 17]);
  expect(() => parseKeySequence("ctrl")).toThrow("no keys");
  expect(() => parseKeySequence("")).toThrow("no keys");
});

it("a sequence is seen also in several pieces, and only as a whole", () => {
  const watch = createKeyWatch([1, 100]);
  expect(watch.saw(Buffer.from("\u0001x"))).toBe(false);
  expect(watch.saw(Buffer.from("d"))).toBe(false);
  expect(watch.saw(Buffer.from("abc\u0001"))).toBe(false);
  expect(watch.saw(Buffer.from("d"))).toBe(true);
  expect(watch.saw(Buffer.from("\u0001\u0001d"))).toBe(true);
});
