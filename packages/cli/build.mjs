// Bundles the command into one file, dist/k8shell-cli.mjs, that any Node >= 22 runs.
import { chmod, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as esbuild } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

export const build = async () => {
  const outfile = join(here, "dist/k8shell-cli.mjs");
  await rm(join(here, "dist"), { recursive: true, force: true });
  await esbuild({
    entryPoints: [join(here, "src/main.ts")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
    minify: true,
    keepNames: true,
    // CommonJS packages call require, which an ES module lacks.
    banner: {
      js: '#!/usr/bin/env node\nimport { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    legalComments: "none",
    logLevel: "warning",
  });
  await chmod(outfile, 0o755);
};
