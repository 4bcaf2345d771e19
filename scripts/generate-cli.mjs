// Writes the reference in docs/cli.md and the manual page of the k8shell command from its own definitions.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const { generatedFiles } = await import(join(root, "packages/cli/src/reference/generate.ts"));
const page = readFileSync(join(root, "docs/cli.md"), "utf8");
for (const [path, text] of Object.entries(generatedFiles(page))) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
