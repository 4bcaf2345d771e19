import { expect, test } from "vitest";
import { normalPath } from "./normal-path.ts";

test.each([
  ["/", "/"],
  ["//etc//passwd/", "/etc/passwd"],
  ["/home/./alice/../bob", "/home/bob"],
  ["/../..", "/"],
  ["~", "~"],
  [".", "~"],
  ["", "~"],
  ["~/", "~"],
  ["a", "~/a"],
  ["./a/", "~/a"],
  ["~/a/../b", "~/b"],
  ["~a", "~/~a"],
  ["../x", "~/../x"],
  ["a/../../x", "~/../x"],
  ["/{name}", "/{name}"],
])("%s is written %s", (path, normal) => {
  expect(normalPath(path)).toBe(normal);
});
