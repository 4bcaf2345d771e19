import { expect, it } from "vitest";
import { parseExpiry } from "./duration.ts";

const now = Date.parse("2026-01-01T00:00:00Z");

it("spans of time begin now", () => {
  expect(parseExpiry("12h", now)).toBe("2026-01-01T12:00:00.000Z");
  expect(parseExpiry("30d", now)).toBe("2026-01-31T00:00:00.000Z");
  expect(parseExpiry("2w", now)).toBe("2026-01-15T00:00:00.000Z");
});

it("a date stands for itself, and never for no end", () => {
  expect(parseExpiry("2027-05-01", now)).toBe("2027-05-01T00:00:00.000Z");
  expect(parseExpiry("never", now)).toBeUndefined();
});

it.each(["0d", "soon", "10", "2025-01-01", "-1d"])("%s is refused", (text) => {
  expect(() => parseExpiry(text, now)).toThrow("not a time to come");
});
