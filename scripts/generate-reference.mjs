// Writes the table of configuration keys in docs/configuration.md from the schema, and the API reference from the route table.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { writeApiPages } from "./docs-api.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const { withReference } = await import(join(root, "packages/api-server/src/config/reference.ts"));
const file = join(root, "docs/configuration.md");
writeFileSync(file, withReference(readFileSync(file, "utf8")));

writeApiPages();
