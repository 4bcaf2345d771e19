import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRange } from "./byte-range.ts";

test("whatever the header says, the range lies inside the file", () => {
  const header = fc.oneof(
    fc.string(),
    fc.stringMatching(/^bytes=\d{0,20}-\d{0,20}$/),
    fc.stringMatching(/^bytes=[\d, -]{0,20}$/),
  );
  fc.assert(
    fc.property(fc.option(header, { nil: undefined }), fc.nat(10_000), (value, size) => {
      const range = parseRange(value, size);
      if (typeof range === "string") return;
      expect(range.first).toBeGreaterThanOrEqual(0);
      expect(range.last).toBeGreaterThanOrEqual(range.first);
      expect(range.last).toBeLessThan(size);
    }),
    { numRuns: 2000 },
  );
});
