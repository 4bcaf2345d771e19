import fc from "fast-check";
import { expect, test } from "vitest";
import { redirectPath } from "../../src/auth/redirect-path.ts";

test.each([
  "https://evil.example",
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  " //evil.example",
  "/%2f/evil.example",
  "/%5cevil.example",
  "/%09/evil.example",
  "/a//evil.example",
  "/%0d%0aset-cookie:x",
  "javascript:alert(1)",
  "data:text/html,x",
  "evil.example",
  "@evil.example",
  "",
])("sends the browser home instead of to %j", (given) => {
  expect(redirectPath(given)).toBe("/");
});

test("keeps a path of this server with its query", () => {
  expect(redirectPath("/workspaces/alice-59936c3?tab=files&x=a%20b")).toBe(
    "/workspaces/alice-59936c3?tab=files&x=a%20b",
  );
  expect(redirectPath(undefined)).toBe("/");
});

test("whatever is given, a browser that resolves the result stays on this origin", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.webUrl(), fc.string({ unit: fc.constantFrom(..."/\\.@:%25fev?#\t") })),
      (given) => {
        const url = new URL(redirectPath(given), "http://own.example:9101");
        expect(url.origin).toBe("http://own.example:9101");
      },
    ),
  );
});
