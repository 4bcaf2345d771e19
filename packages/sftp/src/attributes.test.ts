import { expect, test } from "vitest";
import { isDirectory, isRegularFile, isSymlink, modeText } from "./attributes.ts";

test.each([
  [0o100644, "-rw-r--r--"],
  [0o040755, "drwxr-xr-x"],
  [0o120777, "lrwxrwxrwx"],
  [0o041777, "drwxrwxrwt"],
  [0o104755, "-rwsr-xr-x"],
  [0o102644, "-rw-r-Sr--"],
  [0o010600, "prw-------"],
  [0o020620, "crw--w----"],
  [0o060660, "brw-rw----"],
  [0o140755, "srwxr-xr-x"],
  [0o644, "?rw-r--r--"],
])("mode %o reads %s", (mode, text) => {
  expect(modeText(mode)).toBe(text);
});

test("the type of a file is told by its mode, and an unknown mode is none of them", () => {
  expect(isDirectory({ mode: 0o040700 })).toBe(true);
  expect(isRegularFile({ mode: 0o100600 })).toBe(true);
  expect(isSymlink({ mode: 0o120777 })).toBe(true);
  for (const is of [isDirectory, isRegularFile, isSymlink]) expect(is({})).toBe(false);
});
