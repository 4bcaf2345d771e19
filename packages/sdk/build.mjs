// Makes the package as it is published, a directory for `npm pack` or `npm publish`: modules for browsers and for Node,
// types, README and a package.json of its own. Everything of this repository is inside; what npm has is a dependency.
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build as esbuild } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const run = promisify(execFile);

const readManifest = async () => JSON.parse(await readFile(join(here, "package.json"), "utf8"));

const buildModules = (out, platform, entryPoints, external) =>
  esbuild({
    entryPoints,
    outdir: join(out, platform),
    bundle: true,
    splitting: true,
    format: "esm",
    platform,
    target: "es2024",
    external,
    chunkNames: "shared-[hash]",
    legalComments: "none",
    logLevel: "warning",
  });

const importPattern = /(from |import\()"(\.[^"]+)\.ts"/g;

/** Copies the declarations that the entry points lead to, and no others. */
const copyTypes = async (from, out, entries) => {
  const known = new Set();
  const copy = async (file) => {
    if (known.has(file)) return;
    known.add(file);
    const text = await readFile(join(from, file), "utf8");
    if (/["']@k8shell\//.test(text)) {
      throw new Error(`${file} is public and has types of a package that is not published`);
    }
    const target = join(out, file);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text.replace(importPattern, '$1"$2.js"'));
    for (const [, , name] of text.matchAll(importPattern)) {
      await copy(relative(from, join(from, dirname(file), `${name}.d.ts`)));
    }
  };
  for (const entry of entries) await copy(entry);
};

const buildTypes = async (out) => {
  const made = await mkdtemp(join(tmpdir(), "sdk-types-"));
  try {
    await run(process.execPath, [
      join(root, "node_modules/typescript/bin/tsc"),
      "-p",
      join(here, "tsconfig.build.json"),
      "--outDir",
      made,
    ]);
    await copyTypes(join(made, "packages/sdk/src"), out, ["index.d.ts", "node/index.d.ts"]);
  } finally {
    await rm(made, { recursive: true });
  }
};

/** @param out an empty or absent directory (default: dist/) */
export const build = async (out = join(here, "dist")) => {
  const { name, version, description, license, type, sideEffects, dependencies } = await readManifest();
  const { "@k8shell/contract": _, ...published } = dependencies;
  const external = Object.keys(published);
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await Promise.all([
    buildModules(out, "browser", { index: join(here, "src/index.ts") }, external),
    buildModules(
      out,
      "node",
      { index: join(here, "src/index.ts"), local: join(here, "src/node/index.ts") },
      external,
    ),
    buildTypes(join(out, "types")),
    copyFile(join(here, "README.md"), join(out, "README.md")),
    copyFile(join(root, "LICENSE"), join(out, "LICENSE")),
  ]);
  const manifest = {
    name,
    version,
    description,
    license,
    type,
    sideEffects,
    engines: { node: ">=22" },
    exports: {
      ".": {
        types: "./types/index.d.ts",
        browser: "./browser/index.js",
        node: "./node/index.js",
        default: "./browser/index.js",
      },
      "./node": { types: "./types/node/index.d.ts", default: "./node/local.js" },
      "./package.json": "./package.json",
    },
    dependencies: published,
  };
  await writeFile(join(out, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
