// Bundles what runs: the server (dist/), the workspace daemon (packages/workspaced/dist) and the web page
// (packages/console/dist). Takes well under a second, so it runs before every start and every test.
import { existsSync, readFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** Third-party dependencies of every package: resolved from node_modules at run time, not bundled. */
const externals = async () => {
  const names = new Set();
  for (const name of await readdir(join(root, "packages"))) {
    const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
    for (const dependency of Object.keys(manifest.dependencies ?? {})) {
      if (!dependency.startsWith("@k8shell/")) names.add(dependency);
    }
  }
  return [...names];
};

const buildServer = async () => {
  await rm(join(root, "dist"), { recursive: true, force: true });
  await build({
    entryPoints: { k8shell: join(root, "packages/api-server/src/main.ts") },
    outdir: join(root, "dist"),
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    sourcemap: "linked",
    legalComments: "none",
    logLevel: "warning",
    external: await externals(),
  });
};

/** Packages with a build of their own export `build()` from build.mjs. */
const buildPackage = async (name) => {
  const script = join(root, "packages", name, "build.mjs");
  if (!existsSync(script)) return;
  const { build: buildIt } = await import(script);
  await buildIt();
};

await Promise.all([buildServer(), buildPackage("workspaced"), buildPackage("console")]);
