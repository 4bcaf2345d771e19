import { expect, test } from "vitest";
import { readText } from "./read-text.ts";

const text = "a\u{feff}é€𝄞z";
const bytes = new TextEncoder().encode(text);

test("parts of any length put together are the file, with no character cut", () => {
  for (let length = 1; length <= bytes.length; length++) {
    const parts: string[] = [];
    for (let offset = 0; offset < bytes.length; ) {
      const end = Math.min(offset + length, bytes.length);
      const part = readText(bytes.subarray(offset, end), end < bytes.length);
      expect(part.used).toBeGreaterThan(0);
      // A part that is shorter than the character cannot show it.
      if (length >= 4) expect(part.isExact).toBe(true);
      parts.push(part.text);
      offset += part.used;
    }
    if (length >= 4) expect(parts.join("")).toBe(text);
  }
});

test("a byte order mark stays, and bytes that are no UTF-8 are told", () => {
  const marked = new TextEncoder().encode("\u{feff}x");
  expect(readText(marked, false)).toEqual({ text: "\u{feff}x", used: 4, isExact: true });
  const latin = new Uint8Array([0x63, 0xe9, 0x0a]);
  expect(readText(latin, false)).toEqual({ text: "c\u{fffd}\n", used: 3, isExact: false });
  expect(readText(bytes.subarray(0, bytes.length - 3), false).isExact).toBe(false);
});
