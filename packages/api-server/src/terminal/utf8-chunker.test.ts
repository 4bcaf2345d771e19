import fc from "fast-check";
import { expect, test } from "vitest";
import { createUtf8Chunker } from "./utf8-chunker.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = (bytes: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

const split = (bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] => {
  const chunks: Uint8Array[] = [];
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(start, start + size));
    start += size;
  }
  return chunks;
};

const nearlyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 5 }).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(...["€", "𝄞", "é", "\ufeff"].map((text) => Buffer.from(text))),
      fc.constantFrom(
        ...["e282", "f09d84", "c3", "f080", "eda080", "ff", "80"].map((hex) => Buffer.from(hex, "hex")),
      ),
    ),
    { maxLength: 30 },
  )
  .map((parts) => Buffer.concat(parts));

test("every piece is valid UTF-8, and together they are the stream, however it is cut", () => {
  fc.assert(
    fc.property(nearlyText, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (bytes, sizes) => {
      const chunker = createUtf8Chunker();
      const pieces = [...split(bytes, sizes).map((chunk) => chunker.push(chunk)), chunker.flush()];
      const text = pieces.map((piece) => strict.decode(piece)).join("");
      expect(text).toBe(lenient(bytes));
    }),
    { numRuns: 3000 },
  );
});

test("a code point is held until it is complete, and nothing else is", () => {
  const chunker = createUtf8Chunker();
  expect(Buffer.from(chunker.push(Buffer.from("a€".slice(0, 1)))).toString()).toBe("a");
  const euro = Buffer.from("€");
  expect(chunker.push(euro.subarray(0, 1))).toHaveLength(0);
  expect(chunker.push(euro.subarray(1, 2))).toHaveLength(0);
  expect(Buffer.from(chunker.push(euro.subarray(2))).toString()).toBe("€");
  expect(chunker.flush()).toHaveLength(0);
});
