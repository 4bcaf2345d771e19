import { spawnSync } from "node:child_process";
import { stripTypeScriptTypes } from "node:module";
import { Script } from "node:vm";
import { checkParsePolicySet } from "@cedar-policy/cedar-wasm/nodejs";
import { expect, test } from "vitest";
import { parseAllDocuments, parse as parseYaml } from "yaml";
import { allPages, type Sample } from "./pages.ts";

const samples = allPages().flatMap((page) => page.samples.map((sample) => ({ page: page.path, ...sample })));

const tags = ["!file", "!cel"].map((tag) => ({ tag, resolve: (text: string) => text }));

/** Why a sample cannot be right; undefined when its language's own parser takes it. */
const checks: Record<string, (text: string) => string | undefined> = {
  json: (text) => {
    JSON.parse(text);
    return undefined;
  },
  yaml: (text) => {
    for (const document of parseAllDocuments(text, { customTags: tags })) {
      if (document.errors[0]) throw document.errors[0];
    }
    parseYaml(text, { customTags: tags });
    return undefined;
  },
  cedar: (text) => {
    const result = checkParsePolicySet({ staticPolicies: text });
    return result.type === "success" ? undefined : JSON.stringify(result.errors);
  },
  bash: (text) => {
    const { status, stderr } = spawnSync("bash", ["-n"], {
      input: text.replaceAll(/<\w+>/g, "x"),
      encoding: "utf8",
    });
    return status === 0 ? undefined : stderr;
  },
  js: (text) => {
    new Script(`async () => {${text.replaceAll(/^import .*$/gm, "")}}`);
    return undefined;
  },
  ts: (text) => {
    stripTypeScriptTypes(text);
    return undefined;
  },
};

/** What is shown, not run: sessions at a prompt, HTTP, plain text, diagrams. */
const shown = new Set(["", "console", "http", "text", "html"]);

const faults = (all: readonly (Sample & { page: string })[]) =>
  all.flatMap(({ page, language, text }) => {
    try {
      const check = checks[language];
      const fault = check?.(text);
      return fault === undefined ? [] : [{ page, text, fault }];
    } catch (error) {
      return [{ page, text, fault: String(error) }];
    }
  });

test("every sample has a language that is checked or only shown", () => {
  expect(samples.length).toBeGreaterThan(10);
  expect(samples.filter(({ language }) => !(language in checks) && !shown.has(language))).toEqual([]);
});

test("samples are what their language takes", () => {
  expect(faults(samples)).toEqual([]);
});

test("a sample with a mistake in it is found", () => {
  const wrong: [string, string][] = [
    ["json", '{"a": }'],
    ["yaml", "a: [1"],
    ["cedar", "permit (principal action, resource);"],
    ["bash", "if true; do"],
    ["js", "const = 1;"],
    ["ts", "const x: = 1"],
  ];
  expect(
    faults(wrong.map(([language, text]) => ({ page: "here", language, text }))).map(({ text }) => text),
  ).toEqual(wrong.map(([, text]) => text));
});
