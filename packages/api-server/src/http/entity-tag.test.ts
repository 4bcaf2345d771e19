import { expect, test } from "vitest";
import { entityTagOf, isNamedIn } from "./entity-tag.ts";

test("the same text has the same tag, which is compared weakly", () => {
  const tag = entityTagOf('{"a":1}');
  expect(tag).toMatch(/^W\/"[\w-]{27}"$/);
  expect(entityTagOf('{"a":2}')).not.toBe(tag);
  const strong = tag.slice(2);
  for (const header of [tag, strong, `"x", ${tag}`, " * "]) expect(isNamedIn(header, tag), header).toBe(true);
  for (const header of ["", '"x"', strong.slice(1, -1)]) expect(isNamedIn(header, tag), header).toBe(false);
});
