// Puts together what the image has in /app: `node deploy/make-root.mjs DIR`, after `npm run build`. The Containerfile
// runs it in its build stage; the test of the image runs it too, so both have the same tree.
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { externals } from "../scripts/externals.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const [target] = process.argv.slice(2);
if (target === undefined) {
  process.stderr.write("usage: node deploy/make-root.mjs DIR\n");
  process.exit(2);
}
const out = resolve(target);

/** Install-time telemetry that a dependency declares and nothing loads. */
const unwanted = new Set(["@scarf/scarf"]);

/** Directory of a package as seen from a directory, by Node's rule; undefined when it is not installed here. */
const find = (name, from) => {
  for (let dir = from; ; dir = dirname(dir)) {
    const candidate = join(dir, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
    if (dir === root) return undefined;
  }
};

/** Directories of packages and of everything they depend on. */
const closure = (names) => {
  const found = new Set();
  const visit = (name, from, isOptional) => {
    if (unwanted.has(name)) return;
    const dir = find(name, from);
    if (dir === undefined) {
      if (isOptional) return;
      throw new Error(`${name} is not installed: run npm start once`);
    }
    if (found.has(dir)) return;
    found.add(dir);
    const manifest = JSON.parse(readFileSync(join(dir, "package.json"), "utf8"));
    for (const dependency of Object.keys(manifest.dependencies ?? {})) visit(dependency, dir, false);
    for (const dependency of Object.keys(manifest.optionalDependencies ?? {})) visit(dependency, dir, true);
  };
  for (const name of names) visit(name, root, false);
  return [...found];
};

/** What packages ship for people and for compilers. */
const isNeeded = (path) => !/\.(d\.[cm]?ts|map|md|markdown|flow)$/i.test(path);
const copy = (path, filter = () => true) =>
  cpSync(join(root, path), join(out, path), { recursive: true, filter });

rmSync(out, { recursive: true, force: true });
// Where the platform's chart mounts config.yaml.
mkdirSync(join(out, "config"), { recursive: true });
copy("dist");
copy("packages/console/dist");
copy("packages/workspaced/dist");
copy("packages/api-server/package.json");
copy("LICENSE");
for (const dir of closure(externals)) {
  const path = dir.slice(root.length + 1);
  // Nested packages are in the list themselves.
  copy(path, (source) => isNeeded(source) && !source.slice(dir.length).includes("/node_modules"));
}
writeFileSync(join(out, "package.json"), `${JSON.stringify({ type: "module", private: true })}\n`);
// The command line of the platform's chart. `exec`: signals of the container go to the server.
writeFileSync(
  join(out, "api-server"),
  '#!/bin/sh\nexec node --max-semi-space-size=2 --v8-pool-size=2 /app/dist/k8shell.mjs "$@"\n',
);
chmodSync(join(out, "api-server"), 0o755);
