// `npm run docs`: builds the documentation's site to docs/dist/site. `npm run docs -- --serve` shows it while it is edited.
// The generator is installed here, and only here, from docs/package-lock.json.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, globSync, rmSync, watch } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const docs = join(root, "docs");
const pages = join(docs, "dist/.pages");
const serve = process.argv.includes("--serve");
const fail = (status) => {
  if (status !== 0) process.exit(status ?? 1);
};

if (!existsSync(join(docs, "node_modules/vitepress"))) {
  const install = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  fail(spawnSync("npm", install, { cwd: docs, stdio: "inherit" }).status);
}

// Pages keep their paths in the repository, so that their links work here and there. They are copied because the
// generator looks for its own packages above each page.
const isPage = (path) =>
  !/node_modules|dist/.test(path) &&
  /^([A-Z]+\.md|docs\/.+\.(md|svg|png)|packages\/[^/]+\/README\.md)$/.test(path);
const copy = (path) => cpSync(join(root, path), join(pages, path));
rmSync(pages, { recursive: true, force: true });
globSync(["*.md", "docs/**/*.{md,svg,png}", "packages/*/README.md"], { cwd: root })
  .filter(isPage)
  .forEach(copy);
if (serve) {
  watch(root, { recursive: true }, (_, path) => {
    if (path && isPage(path) && existsSync(join(root, path))) copy(path);
  });
}

const vitepress = join(docs, "node_modules/vitepress/bin/vitepress.js");
const child = spawn(
  process.execPath,
  [vitepress, ...(serve ? ["dev", docs, "--host", "127.0.0.1"] : ["build", docs])],
  {
    cwd: docs,
    stdio: "inherit",
  },
);
child.on("exit", (status) => {
  if (!serve && status === 0) process.stdout.write(`the site is in ${join(docs, "dist/site")}\n`);
  process.exit(status ?? 1);
});
