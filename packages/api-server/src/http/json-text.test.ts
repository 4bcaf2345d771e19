import { expect, test } from "vitest";
import { jsonTextOf, lastingBody } from "./json-text.ts";

test("the text of a lasting body is made once, that of others each time", () => {
  let made = 0;
  const counted = () => ({
    get name() {
      made += 1;
      return "dev";
    },
  });
  const lasting = lastingBody(counted());
  const first = jsonTextOf(lasting);
  expect(jsonTextOf(lasting)).toEqual(first);
  expect(first).toEqual({ text: '{"name":"dev"}', tag: expect.stringMatching(/^W\/"[\w-]+"$/) });
  expect(made).toBe(1);

  const other = counted();
  expect([jsonTextOf(other), jsonTextOf(other)]).toEqual([first, first]);
  expect(made).toBe(3);
  expect(jsonTextOf(null).text).toBe("null");
});
