import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { apiPages } from "../../scripts/docs-api.mjs";
import { root } from "./pages.ts";

const folder = join(root, "docs/reference/api");

test("the committed API reference is what the route table says (npm run generate)", () => {
  const pages = apiPages();
  expect(readdirSync(folder).toSorted()).toEqual([...pages.keys()].map((slug) => `${slug}.md`).toSorted());
  for (const [slug, text] of pages) expect(readFileSync(join(folder, `${slug}.md`), "utf8"), slug).toBe(text);
});
