// Bundles what runs: the server (dist/), the workspace daemon (packages/workspaced/dist) and the web page
// (packages/console/dist). Takes well under a second, so it runs before every start and every test.
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { externals } from "./externals.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

const buildServer = async () => {
  await rm(join(root, "dist"), { recursive: true, force: true });
  await build({
    entryPoints: {
      k8shell: join(root, "packages/api-server/src/main.ts"),
      // Found there by packages/platform/src/provisioner/blueprints/expressions.ts.
      evaluator: join(root, "packages/platform/src/provisioner/blueprints/evaluator.ts"),
    },
    outdir: join(root, "dist"),
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    // Smaller sources are less memory and an earlier start; names stay for stack traces.
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: "linked",
    // CommonJS packages call require, which an ES module lacks.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    legalComments: "none",
    logLevel: "warning",
    external: externals,
  });
};

/** Packages with a build of their own export `build()` from build.mjs. */
const buildPackage = async (name) => {
  const script = join(root, "packages", name, "build.mjs");
  if (!existsSync(script)) return;
  const { build: buildIt } = await import(script);
  await buildIt();
};

await Promise.all([buildServer(), buildPackage("workspaced"), buildPackage("console"), buildPackage("cli")]);
