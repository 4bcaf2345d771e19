// `npm run docs`: builds the documentation's site to dist/docs. `npm run docs -- --serve` shows it while it is edited.
// The generator is installed here, and only here, from docs/package-lock.json.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const docs = join(root, "docs");
const run = (command, args) => {
  const { status } = spawnSync(command, args, { cwd: docs, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
};

if (!existsSync(join(docs, "node_modules/vitepress")))
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
const vitepress = join(docs, "node_modules/vitepress/bin/vitepress.js");
const serve = process.argv.includes("--serve");
run(process.execPath, [vitepress, serve ? "dev" : "build", docs, ...(serve ? ["--host", "127.0.0.1"] : [])]);
if (!serve) process.stdout.write(`the site is in ${join(root, "dist/docs")}\n`);
