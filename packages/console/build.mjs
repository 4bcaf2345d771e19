// Bundles the page into dist/: index.html, assets/app.js, assets/app.css.
import { copyFile, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as esbuild } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

export const build = async () => {
  const dist = join(here, "dist");
  await rm(dist, { recursive: true, force: true });
  await mkdir(join(dist, "assets"), { recursive: true });
  await Promise.all([
    copyFile(join(here, "src/index.html"), join(dist, "index.html")),
    copyFile(join(here, "src/icon.svg"), join(dist, "assets/icon.svg")),
    esbuild({
      entryPoints: [
        { in: join(here, "src/main.ts"), out: "app" },
        { in: join(here, "src/style.css"), out: "app" },
      ],
      outdir: join(dist, "assets"),
      bundle: true,
      minify: true,
      format: "esm",
      platform: "browser",
      target: "es2022",
      logLevel: "warning",
    }),
  ]);
};
