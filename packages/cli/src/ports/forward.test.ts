import { expect, it } from "vitest";
import { parsePair } from "./forward.ts";

it("a port alone is the same on both sides", () => {
  expect(parsePair("3000")).toEqual({ local: 3000, remote: 3000 });
  expect(parsePair("8080:3000")).toEqual({ local: 8080, remote: 3000 });
  expect(parsePair(":3000")).toEqual({ local: 0, remote: 3000 });
});

it.each(["", "0", "x", "8080:", "70000", "80:70000", "1:2:3"])("%j is refused", (text) => {
  expect(() => parsePair(text)).toThrow("is not a port");
});
