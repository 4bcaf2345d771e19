import { expect, test } from "vitest";
import { wholeLength } from "./whole-output.ts";

const whole = [
  "",
  "plain text",
  "äöü ✓ 🙂",
  "\x1b[2J\x1b[H",
  "\x1b[5;10Hrow",
  "\x1b[?1049h",
  "\x1b(B",
  "\x1b7",
  "\x1b]0;a title\x07$ ",
  "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\",
  "\x1bPq#0\x1b\\",
  "\x1b[38;2;1\x18text",
  "\x1b]unfinished\x1b[1m",
];

test.each(whole)("%j is whole", (text) => {
  const bytes = Buffer.from(text);
  expect(wholeLength(bytes)).toBe(bytes.length);
});

test.each([
  ["a\x1b", 1],
  ["a\x1b[", 1],
  ["a\x1b[5;", 1],
  ["a\x1b[5;10", 1],
  ["\x1b[1mb\x1b[38;2;", 5],
  ["a\x1b(", 1],
  ["a\x1b]0;title", 1],
  ["a\x1b]0;title\x1b", 1],
  ["a\x1bPdata", 1],
  ["a\x1b]0;x\x1b[3", 6],
] as const)("of %j the first %i bytes are", (text, length) => {
  expect(wholeLength(Buffer.from(text))).toBe(length);
});

test("a character that is cut waits for its rest, and bytes that are no characters do not", () => {
  for (const character of ["ä", "✓", "🙂"]) {
    const bytes = Buffer.from(`x${character}`);
    for (let cut = 2; cut < bytes.length; cut += 1) expect(wholeLength(bytes.subarray(0, cut))).toBe(1);
  }
  for (const bytes of [[0x80], [0xff], [0x78, 0x80, 0x80, 0x80, 0x80], [0xc3, 0x28]]) {
    expect(wholeLength(Uint8Array.from(bytes))).toBe(bytes.length);
  }
});

test("what has not ended for thousands of bytes is taken as it is", () => {
  const bytes = Buffer.from(`\x1b]0;${"x".repeat(10_000)}`);
  expect(wholeLength(bytes)).toBe(bytes.length);
});
