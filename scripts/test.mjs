// `npm test`: format and lint, types, then every test; arguments go to vitest (e.g. `npm test -- packages/rpc`).
// Ends with one plain line: `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Among thousands of tests with browsers, terminals and other people's servers, one may fail that passes a thousand times. A file
 * that failed is run once more, alone, after all others, and it is said that it failed. More files than these are no accident.
 */
const secondTries = 3;

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const bin = (name) => join(root, "node_modules/.bin", name);
const environment = { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH}` };
const say = (line) => process.stdout.write(`${line}\n`);

const run = (title, command, args, env = environment) => {
  say(`\n# ${title}`);
  return spawnSync(command, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] }).status === 0;
};

/** Runs tests. Gives what became of each file (scripts/results-reporter.mjs), and how much failed outside of all tests. */
const runTests = (title, args) => {
  const scratch = mkdtempSync(join(tmpdir(), "k8shell-test-"));
  const report = join(scratch, "results.json");
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const reporters = ["--reporter=default", `--reporter=${join(root, "scripts/results-reporter.mjs")}`];
  const env = { ...environment, TEST_RESULTS: report };
  const ok = run(title, process.execPath, [vitest, "run", ...reporters, ...args], env);
  try {
    const { files, unhandled } = JSON.parse(readFileSync(report, "utf8"));
    const unexplained = !ok && unhandled === 0 && files.every(({ failures }) => failures.length === 0);
    return { files, failedOutside: unexplained ? 1 : unhandled };
  } catch {
    say("the test runner left no report");
    return { files: [], failedOutside: 1 };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};

/** The result of a file that failed, after its second try. */
const tryAgain = (first) => {
  const { files, failedOutside } = runTests(`second try of ${first.file}`, [
    ...["--project", first.project],
    first.file,
  ]);
  const second = files.find(({ file }) => file === first.file);
  return second && second.failures.length === 0 && failedOutside === 0
    ? { ...second, failedFirst: first.failures }
    : first;
};

const checks = [
  run("format and lint", bin("biome"), ["check", "--error-on-warnings", "."]),
  run("types", bin("tsc"), ["-p", "tsconfig.json"]),
];
const args = process.argv.slice(2);
const tests = runTests("tests", args);
const failedFiles = tests.files.filter(({ failures }) => failures.length > 0);
// Whoever names files wants to see them fail.
const again = args.length === 0 && failedFiles.length <= secondTries ? failedFiles : [];
const files = tests.files.map((file) => (again.includes(file) ? tryAgain(file) : file));

say("");
for (const { file, failedFirst = [], failures, skipped } of files) {
  for (const failure of failedFirst) say(`passed at the second try: ${file}: ${failure}`);
  for (const failure of failures) say(`failed: ${file}: ${failure}`);
  for (const test of skipped) say(`skipped: ${file}: ${test}`);
}
const sum = (counts) => counts.reduce((total, count) => total + count, 0);
const passed = checks.filter((ok) => ok).length + sum(files.map((file) => file.passed));
const skipped = sum(files.map((file) => file.skipped.length));
const failed =
  checks.filter((ok) => !ok).length + sum(files.map(({ failures }) => failures.length)) + tests.failedOutside;
say(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(failed === 0 ? 0 : 1);
