// Regenerates packages/contract/src/gen from proto/, and packages/sdk/src/gen from the route table. `--check DIR` writes
// below DIR instead, for the tests that compare it with what is checked in.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const check = process.argv.indexOf("--check");
const place = (path) => (check > 0 ? resolve(process.argv[check + 1], path) : join(root, path));
const out = place("packages/contract/src/gen");
const template = JSON.stringify({
  version: "v2",
  plugins: [{ local: "protoc-gen-es", out, opt: ["target=js+dts", "import_extension=js"] }],
});

rmSync(out, { recursive: true, force: true });
execFileSync(join(root, "node_modules/.bin/buf"), ["generate", "--template", template], {
  cwd: join(root, "proto"),
  stdio: "inherit",
  env: { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH}` },
});

// The route table is TypeScript: this runs on the pinned Node, as npm scripts do.
const { allRoutes } = await import("../packages/contract/src/index.ts");
const { sdkSources } = await import("../packages/contract/codegen/operations-text.ts");
const sdk = place("packages/sdk/src/gen");
mkdirSync(sdk, { recursive: true });
for (const [name, text] of Object.entries(sdkSources(allRoutes))) {
  writeFileSync(join(sdk, `${name}.ts`), text);
}
