import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createInterruptSkip, isInterrupt } from "./interrupt-skip.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const start = () => {
  const shown: string[] = [];
  const skip = createInterruptSkip({
    show: (text) => shown.push(Buffer.from(text).toString()),
    keptBytes: 20,
  });
  return { shown, skip };
};

test("the last lines of a flood are shown when it has stopped, with a notice of what was not", () => {
  const { shown, skip } = start();
  skip.begin();
  for (let index = 0; index < 100; index++) {
    vi.advanceTimersByTime(5);
    skip.drop(Buffer.alloc(100_000, "flood "));
  }
  skip.drop(Buffer.from("\r\n^C\r\n$ "));
  expect(shown).toEqual([]);
  vi.advanceTimersByTime(50);
  expect(skip.active).toBe(false);
  expect(shown).toEqual(["\x18\x1b[m\r\n[10.0 MB of output skipped]\r\n^C\r\n$ "]);
});

test("little output is shown complete", () => {
  const { shown, skip } = start();
  skip.begin();
  skip.drop(Buffer.from("^C\r\n"));
  skip.drop(Buffer.from("$ "));
  vi.advanceTimersByTime(50);
  expect(shown).toEqual(["^C\r\n$ "]);
});

test("a program that ignores the interrupt is shown again after a while", () => {
  const { shown, skip } = start();
  skip.begin();
  for (let index = 0; index < 100; index++) {
    vi.advanceTimersByTime(11);
    if (skip.active) skip.drop(Buffer.from("line\n"));
  }
  expect(skip.active).toBe(false);
  expect(shown).toHaveLength(1);
});

test("silence after the interrupt shows nothing, and the next interrupt works again", () => {
  const { shown, skip } = start();
  skip.begin();
  vi.advanceTimersByTime(60);
  expect(skip.active).toBe(false);
  skip.begin();
  skip.drop(Buffer.from("x"));
  skip.end();
  expect(shown).toEqual(["x"]);
});

test("only the key alone interrupts", () => {
  expect(isInterrupt("\x03")).toBe(true);
  expect(isInterrupt("\x1c")).toBe(true);
  for (const text of ["", "a", "\x03\x03", "pasted \x03 text"]) expect(isInterrupt(text)).toBe(false);
});
