// `npm test`: format and lint, types, then every test; arguments go to vitest (e.g. `npm test -- packages/rpc`).
// Ends with one plain line: `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const bin = (name) => join(root, "node_modules/.bin", name);
const env = { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH}` };
const run = (title, command, args) => {
  process.stdout.write(`\n# ${title}\n`);
  return spawnSync(command, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] }).status === 0;
};

const checks = [
  run("format and lint", bin("biome"), ["check", "--error-on-warnings", "."]),
  run("types", bin("tsc"), ["-p", "tsconfig.json"]),
];

const scratch = mkdtempSync(join(tmpdir(), "k8shell-test-"));
const report = join(scratch, "report.json");
const suite = run("tests", process.execPath, [
  join(root, "node_modules/vitest/vitest.mjs"),
  "run",
  "--reporter=default",
  "--reporter=json",
  `--reporter=${join(root, "scripts/second-try-reporter.mjs")}`,
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
]);

const failedChecks = checks.filter((ok) => !ok).length;
let passed = checks.length - failedChecks;
let failed = failedChecks;
let skipped = 0;
try {
  const result = JSON.parse(readFileSync(report, "utf8"));
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  skipped = result.numPendingTests + (result.numTodoTests ?? 0);
  for (const file of result.testResults) {
    // A file that could not be loaded has no tests of its own to count.
    if (file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"))
      failed += 1;
    for (const test of file.assertionResults) {
      if (test.status === "pending" || test.status === "skipped" || test.status === "todo") {
        process.stdout.write(`skipped: ${test.fullName} (${file.name})\n`);
      }
    }
  }
} catch {
  failed += 1;
  process.stdout.write("the test runner left no report\n");
}
if (!suite && failed === 0) failed = 1;
rmSync(scratch, { recursive: true, force: true });

process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
process.exit(failed === 0 ? 0 : 1);
