import fc from "fast-check";
import { expect, test } from "vitest";
import { createDetachKeys } from "./detach-keys.ts";

const feed = (...pieces: string[]) => {
  const keys = createDetachKeys();
  let forwarded = "";
  for (const piece of pieces) {
    const { forward, detach } = keys(Buffer.from(piece, "latin1"));
    forwarded += Buffer.from(forward).toString("latin1");
    if (detach) return { forwarded, detach };
  }
  return { forwarded, detach: false };
};

test("Ctrl+A d and Ctrl+A D detach, also when they come apart; input before them is forwarded", () => {
  expect(feed("ls\x01d")).toEqual({ forwarded: "ls", detach: true });
  expect(feed("ls\x01", "Drest")).toEqual({ forwarded: "ls", detach: true });
});

test("Ctrl+A alone is held back until the next byte, and any other byte lets both through", () => {
  expect(feed("a\x01")).toEqual({ forwarded: "a", detach: false });
  expect(feed("a\x01", "x")).toEqual({ forwarded: "a\x01x", detach: false });
  expect(feed("\x01", "\x01", "d")).toEqual({ forwarded: "\x01", detach: true });
});

test("input without the sequence passes unchanged, however it is cut", () => {
  const input = fc.array(fc.string({ unit: fc.constantFrom("\x01", "a", "d", "D", "\n", "é") }), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(input, (pieces) => {
      const all = pieces.join("");
      const result = feed(...pieces);
      if (/\x01[dD]/.test(all)) return;
      expect(result).toEqual({ forwarded: all.replace(/\x01$/, ""), detach: false });
    }),
  );
});
