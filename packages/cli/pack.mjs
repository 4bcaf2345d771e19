// Puts together the package `k8shell` for npm: `node packages/cli/pack.mjs DIR`, after `npm run build`; then
// `npm pack DIR` or `npm publish DIR`. Its directories are those of the repository, so the server finds its parts in it.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { externals } from "../../scripts/externals.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const json = (path) => JSON.parse(readFileSync(join(root, path), "utf8"));

/** Versions that the lock file has for what is not bundled. */
const pinned = () => {
  const { packages } = json("package-lock.json");
  return Object.fromEntries(externals.map((name) => [name, packages[`node_modules/${name}`].version]));
};

const manifest = () => ({
  name: "k8shell",
  version: json("packages/cli/package.json").version,
  description: "Workspaces from the command line, and the server behind them.",
  license: "Apache-2.0",
  type: "module",
  bin: { k8shell: "packages/cli/dist/k8shell-cli.mjs" },
  man: "packages/cli/man/k8shell.1",
  files: ["dist", "packages", "LICENSE", "README.md"],
  engines: { node: ">=22" },
  // Only `k8shell serve` needs them; the client runs where they cannot be installed.
  optionalDependencies: pinned(),
});

/** Writes the package to a directory, which is emptied before. */
export const stage = (out) => {
  const copy = (path) =>
    cpSync(join(root, path), join(out, path), {
      recursive: true,
      filter: (source) => !source.endsWith(".map"),
    });
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  for (const path of [
    "dist",
    "packages/cli/dist",
    "packages/cli/man",
    "packages/console/dist",
    "packages/workspaced/dist",
    "packages/api-server/package.json",
    "LICENSE",
  ])
    copy(path);
  cpSync(join(root, "packages/cli/README.md"), join(out, "README.md"));
  writeFileSync(join(out, "package.json"), `${JSON.stringify(manifest(), null, 2)}\n`);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [out] = process.argv.slice(2);
  if (out === undefined) {
    process.stderr.write("usage: node packages/cli/pack.mjs DIR\n");
    process.exit(2);
  }
  stage(resolve(out));
}
