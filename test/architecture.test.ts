import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Which packages each package may import. Dependencies point one way (docs/architecture.md). */
const allowed: Record<string, readonly string[]> = {
  contract: [],
  kv: ["contract"],
  sftp: ["contract"],
  rpc: ["contract"],
  platform: ["contract", "kv", "rpc"],
  workspaced: ["contract", "rpc", "sftp"],
  "api-server": ["contract", "kv", "mcp", "platform", "rpc", "sftp"],
  sdk: ["contract"],
  console: ["contract", "sdk"],
  cli: ["mcp", "sdk"],
  mcp: ["sdk"],
};

/** The only files of the gateway that know an embedded implementation. */
const compositionRoot = /^packages\/api-server\/(src\/assemble(\.ts|\/)|test\/)/;

interface Import {
  file: string;
  from: string;
  specifier: string;
}

const sources = (name: string): string[] =>
  readdirSync(join(root, "packages", name), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.ts$/.test(file) && !/(^|\/)(node_modules|dist|gen)\//.test(file))
    .map((file) => join("packages", name, file));

const importStatement =
  /^(?:import|export|\})[^"\n]*\bfrom "([^"\n]+)";$|^import "([^"\n]+)";$|\bimport\("([^"\n]+)"\)/gm;

const imports = (name: string): Import[] =>
  sources(name).flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(importStatement)].map((match) => ({
      file,
      from: name,
      specifier: match[1] ?? match[2] ?? match[3] ?? "",
    })),
  );

const packages = readdirSync(join(root, "packages"));
const all = packages.flatMap(imports);

test("every package has a place in the dependency order", () => {
  expect(packages.sort()).toEqual(Object.keys(allowed).sort());
});

test("packages import only what lies below them", () => {
  const wrong = all.filter(({ file, from, specifier }) => {
    const target = /^@k8shell\/([^/]+)/.exec(specifier)?.[1];
    // Tests may drive a real workspace daemon from above.
    if (target === "workspaced" && file.includes("test")) return false;
    return target !== undefined && target !== from && !allowed[from]?.includes(target);
  });
  expect(wrong).toEqual([]);
});

test("only the composition root and tests of the gateway know an embedded implementation", () => {
  const wrong = all.filter(
    ({ file, from, specifier }) =>
      from === "api-server" &&
      specifier.startsWith("@k8shell/platform") &&
      !compositionRoot.test(file) &&
      !file.endsWith(".test.ts"),
  );
  expect(wrong).toEqual([]);
});

test("no relative import leaves its package", () => {
  const wrong = all.filter(({ file, from, specifier }) => {
    if (!specifier.startsWith(".")) return false;
    const target = join(file, "..", specifier);
    return (
      !target.startsWith(`packages/${from}/`) && !/(^|\/)test\//.test(file) && !file.endsWith(".test.ts")
    );
  });
  expect(wrong).toEqual([]);
});

test("every third-party import is declared by its package or is a development tool of the workspace", () => {
  const manifest = (path: string) =>
    JSON.parse(readFileSync(join(root, path), "utf8")) as Record<string, Record<string, string> | undefined>;
  const development = Object.keys(manifest("package.json").devDependencies ?? {});
  const wrong = all.filter(({ file, from, specifier }) => {
    // `#name`: a file of the package itself, by the conditions of its `imports`.
    if (/^(\.|#|node:)/.test(specifier)) return false;
    const name = specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/");
    if (name === `@k8shell/${from}`) return false;
    const declared = Object.keys(manifest(`packages/${from}/package.json`).dependencies ?? {});
    const inTest = file.includes("/test/") || file.endsWith(".test.ts");
    return (
      !declared.includes(name) && !(inTest && (development.includes(name) || name.startsWith("@k8shell/")))
    );
  });
  expect(wrong).toEqual([]);
});

test("dependencies are pinned to exact versions", () => {
  const loose = ["package.json", ...packages.map((name) => `packages/${name}/package.json`)].flatMap(
    (path) => {
      const manifest = JSON.parse(readFileSync(join(root, path), "utf8")) as Record<
        string,
        Record<string, string> | undefined
      >;
      return ["dependencies", "devDependencies", "optionalDependencies"]
        .flatMap((field) => Object.entries(manifest[field] ?? {}))
        .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
        .map(([name, version]) => `${path}: ${name}@${version}`);
    },
  );
  expect(loose).toEqual([]);
});

test("the lock file names no registry host", () => {
  const lock = readFileSync(join(root, "package-lock.json"), "utf8");
  expect([...lock.matchAll(/"resolved": "(https?:[^"]+)"/g)].map((match) => match[1])).toEqual([]);
});
