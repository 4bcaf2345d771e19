import fc from "fast-check";
import { expect, test } from "vitest";
import { createRingBuffer } from "./ring-buffer.ts";

test("a ring buffer holds exactly the last bytes, whatever the pieces they came in", () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 12 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20_000 }), pieces, (capacity, chunks) => {
      const ring = createRingBuffer(capacity);
      for (const chunk of chunks) ring.push(chunk);
      const all = Buffer.concat(chunks);
      expect(Buffer.from(ring.snapshot()).equals(all.subarray(Math.max(0, all.length - capacity)))).toBe(
        true,
      );
    }),
    { numRuns: 60 },
  );
});

test("a snapshot does not change when more is written", () => {
  const ring = createRingBuffer(4);
  ring.push(Buffer.from("abcd"));
  const before = ring.snapshot();
  ring.push(Buffer.from("ef"));
  expect(Buffer.from(before).toString()).toBe("abcd");
  expect(Buffer.from(ring.snapshot()).toString()).toBe("cdef");
});
