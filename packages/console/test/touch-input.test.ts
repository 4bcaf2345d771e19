import { expect, test } from "vitest";
import { noModifiers, sequenceOf, withModifiers } from "../src/terminal/touch-input.ts";

const ctrl = { ctrl: true, alt: false };
const alt = { ctrl: false, alt: true };
const both = { ctrl: true, alt: true };

test("arrows are as the program wants them, and say their modifiers as xterm does", () => {
  expect(sequenceOf("up", noModifiers, false)).toBe("\x1b[A");
  expect(sequenceOf("left", noModifiers, true)).toBe("\x1bOD");
  expect(sequenceOf("right", ctrl, true)).toBe("\x1b[1;5C");
  expect(sequenceOf("down", alt, false)).toBe("\x1b[1;3B");
  expect(sequenceOf("up", both, false)).toBe("\x1b[1;7A");
});

test("Escape and Tab are characters", () => {
  expect(sequenceOf("escape", noModifiers, true)).toBe("\x1b");
  expect(sequenceOf("tab", ctrl, false)).toBe("\t");
  expect(sequenceOf("tab", alt, false)).toBe("\x1b\t");
});

test("Ctrl makes control characters of letters in any case and of the signs beside them, and leaves others", () => {
  expect(["c", "C", "@", "[", "\\", "]", "^", "_", " ", "?"].map((key) => withModifiers(key, ctrl))).toEqual([
    "\x03",
    "\x03",
    "\0",
    "\x1b",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x1f",
    "\0",
    "\x7f",
  ]);
  expect(withModifiers("1", ctrl)).toBe("1");
  expect(withModifiers("ü", ctrl)).toBe("ü");
});

test("Alt puts Escape before a character", () => {
  expect(withModifiers("b", alt)).toBe("\x1bb");
  expect(withModifiers("c", both)).toBe("\x1b\x03");
});

test("text that was pasted and answers of the terminal stay as they are", () => {
  expect(withModifiers("\x1b[1;1R", ctrl)).toBe("\x1b[1;1R");
  expect(withModifiers("pasted", both)).toBe("pasted");
});
