// Bundles the command into dist/: k8shell-cli.mjs, and what only some commands need in dist/chunks. Any Node >= 22 runs it.
import { chmod, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as esbuild } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

export const build = async () => {
  const outdir = join(here, "dist");
  await rm(outdir, { recursive: true, force: true });
  await esbuild({
    entryPoints: { "k8shell-cli": join(here, "src/main.ts") },
    outdir,
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22",
    // Names of a CommonJS module are lost when it is imported later; several packages have both.
    mainFields: ["module", "main"],
    minify: true,
    keepNames: true,
    // CommonJS packages call require, which an ES module lacks.
    banner: {
      js: '#!/usr/bin/env node\nimport { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    legalComments: "none",
    logLevel: "warning",
  });
  await chmod(join(outdir, "k8shell-cli.mjs"), 0o755);
};
