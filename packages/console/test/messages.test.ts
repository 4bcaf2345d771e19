import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { scopeCatalog } from "@k8shell/contract";
import { expect, test } from "vitest";
import { germanScopeWords } from "../src/account/tokens/scope-words.ts";
import { de, en } from "../src/i18n/messages.ts";

const src = resolve(import.meta.dirname, "../src");
const sources = globSync("**/*.{ts,tsx}", { cwd: src })
  .filter((file) => !/messages\.ts$/.test(file))
  .map((file) => readFileSync(join(src, file), "utf8"))
  .join("\n");

const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test("English and German have the same keys, texts and values to fill in", () => {
  expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
  for (const [key, text] of Object.entries(en)) {
    const german = de[key as keyof typeof de];
    expect(text.trim(), key).not.toBe("");
    expect(german.trim(), key).not.toBe("");
    expect(placeholders(german), key).toEqual(placeholders(text));
  }
});

test("every text is used somewhere", () => {
  // `a.${b}` and `a.${b}.c` in a call stand for every key of that form.
  const patterns = [...sources.matchAll(/`([\w.-]*\$\{[^`]*)`/g)]
    .map(([, template = ""]) => template.split(/\$\{[^}]*\}/).map((part) => part.replaceAll(".", "\\.")))
    .filter(([first = ""]) => first.includes("."))
    .map((parts) => new RegExp(`^${parts.join("[\\w-]+(?:\\.[\\w-]+)*")}$`));
  const unused = Object.keys(en).filter(
    (key) => !sources.includes(`"${key}"`) && !patterns.some((pattern) => pattern.test(key)),
  );
  expect(unused).toEqual([]);
});

test("every word of the scope catalogue has a German one, and none is left over", () => {
  const entries = [
    scopeCatalog.global,
    ...scopeCatalog.domains.flatMap((domain) => [
      domain,
      ...(domain.wildcard ? [domain.wildcard] : []),
      ...domain.actions.flatMap((action) => [action, ...action.entries]),
    ]),
  ];
  const words = entries.flatMap((entry) => [
    entry.label,
    ...("description" in entry && entry.description !== undefined ? [entry.description] : []),
  ]);
  expect(Object.keys(germanScopeWords).sort()).toEqual([...new Set(words)].sort());
});
