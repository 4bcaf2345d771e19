// Regenerates packages/contract/src/gen from proto/. `--check DIR` writes to DIR instead, for the test that
// compares it with what is checked in.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const check = process.argv.indexOf("--check");
const out = check > 0 ? resolve(process.argv[check + 1]) : join(root, "packages/contract/src/gen");
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
