import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";

const dist = resolve(import.meta.dirname, "../dist");
const html = readFileSync(join(dist, "index.html"), "utf8");

/** What a browser fetches before a file of ours runs: the file, and all that it imports at once. */
const withImports = (file: string, known = new Set<string>()): Set<string> => {
  if (known.has(file)) return known;
  known.add(file);
  if (!file.endsWith(".js")) return known;
  const text = readFileSync(join(dist, file), "utf8");
  for (const [, name = ""] of text.matchAll(/(?:\bfrom|\bimport)\s*["']([^"'?]+\.js)["']/g))
    withImports(join(dirname(file), name), known);
  return known;
};

const sent = (file: string): number => {
  const compressed = join(dist, `${file}.gz`);
  return statSync(existsSync(compressed) ? compressed : join(dist, file)).size;
};

test("the first page comes in 300 KB, compressed", () => {
  const named = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, file = ""]) => file);
  const entry = named.find((file) => file.endsWith(".js")) ?? "";
  const page =
    /["']\.\/(workspaces-page-[^"']+\.js)["']/.exec(readFileSync(join(dist, entry), "utf8"))?.[1] ?? "";
  const files = new Set<string>(["index.html"]);
  for (const file of [...named, join(dirname(entry), page)]) withImports(file, files);
  expect(files.size).toBeGreaterThan(4);
  const bytes = [...files].reduce((sum, file) => sum + sent(file), 0);
  expect(bytes).toBeLessThan(300_000);
  // Neither the terminal nor the editor is among it.
  const text = [...files].map((file) => readFileSync(join(dist, file), "utf8")).join("\n");
  expect(text).not.toContain("xterm-helper-textarea");
  expect(text).not.toContain("cm-scroller");
});

test("the page has no script and no style of its own in its markup", () => {
  for (const [tag = ""] of html.matchAll(/<script\b[^>]*>/g)) expect(tag).toContain("src=");
  expect(html).not.toMatch(/<style|\son\w+=|\sstyle=|javascript:/i);
});

test("all addresses in the page are relative: it works below any path", () => {
  for (const [, address = ""] of html.matchAll(/(?:src|href)="([^"]+)"/g))
    expect(address).not.toMatch(/^(\/|https?:)/);
});
