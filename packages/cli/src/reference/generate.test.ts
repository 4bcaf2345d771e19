import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { generatedFiles } from "./generate.ts";

const root = resolve(import.meta.dirname, "../../../..");
const read = (path: string) => readFileSync(resolve(root, path), "utf8");

it("the reference and the manual page are those of the command's own definitions", () => {
  for (const [path, text] of Object.entries(generatedFiles(read("docs/cli.md")))) {
    expect(read(path), `${path} is not up to date: npm run generate`).toBe(text);
  }
});

it("every command and every option says what it is for", () => {
  const page = read("docs/cli.md");
  expect(page.match(/^- `[^`]+`: *$/gm) ?? []).toEqual([]);
});
