import { expect, test } from "vitest";
import { createBackgroundRenewal } from "./background-renewal.ts";
import type { Screen } from "./screen.ts";

/** A screen whose picture takes a few milliseconds. */
const screenOf = (made: string[], name: string): Screen => {
  const base = { cols: 80, rows: 24, offset: 0, text: "" };
  return {
    base,
    beforePush: () => undefined,
    resized: () => undefined,
    stale: true,
    lossy: false,
    async renew() {
      made.push(name);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return base;
    },
  };
};

test("pictures are made one after another, and none of a terminal that is over", async () => {
  const made: string[] = [];
  const renewal = createBackgroundRenewal();
  const [first, gone, last] = ["first", "gone", "last"].map((name) => screenOf(made, name)) as [
    Screen,
    Screen,
    Screen,
  ];
  renewal.later(first);
  renewal.later(gone);
  renewal.later(last);
  expect(made).toEqual(["first"]);
  renewal.forget(gone);
  await expect.poll(() => made).toEqual(["first", "last"]);
  renewal.close();
});
