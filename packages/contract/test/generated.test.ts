import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../../..");
const fresh = mkdtempSync(join(tmpdir(), "k8shell-gen-"));

afterAll(() => rmSync(fresh, { recursive: true, force: true }));

const filesBelow = (directory: string): Map<string, string> =>
  new Map(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(directory.length), readFileSync(path, "utf8")]),
  );

beforeAll(() => {
  execFileSync(process.execPath, [join(root, "scripts/generate.mjs"), "--check", fresh], {
    cwd: root,
    env: { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH}` },
  });
});

it.each(["packages/contract/src/gen", "packages/sdk/src/gen"])("regenerating %s changes nothing", (place) => {
  const generated = filesBelow(join(fresh, place));
  expect(generated.size).toBeGreaterThan(1);
  const checkedIn = filesBelow(join(root, place));
  expect([...checkedIn.keys()].sort()).toEqual([...generated.keys()].sort());
  for (const [path, text] of generated) expect(checkedIn.get(path), path).toBe(text);
});
