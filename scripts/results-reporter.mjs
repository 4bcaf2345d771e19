import { writeFileSync } from "node:fs";

const reason = (errors) => String(errors?.[0]?.message ?? "no reason").split("\n")[0];

/** What became of one test file. `outside`: errors that nobody caught while it ran. */
const resultOf = (module, outside) => {
  const tests = [...module.children.allTests()];
  const named = (...states) => tests.filter((test) => states.includes(test.result().state));
  const failures = named("failed").map((test) => `${test.fullName}: ${reason(test.result().errors)}`);
  // A file that cannot be loaded, or whose hooks fail, has no failed test of its own.
  if (!module.ok() && failures.length === 0) {
    const suites = [...module.children.allSuites()];
    failures.push(reason([module, ...suites].flatMap((part) => part.errors())));
  }
  failures.push(...outside.map((error) => `nobody caught: ${reason([error])}`));
  return {
    project: module.project.name,
    file: module.relativeModuleId,
    passed: named("passed").length,
    failures,
    skipped: named("skipped", "pending").map((test) => test.fullName),
  };
};

/** Writes what became of each test file, and how many errors belong to none, to the file that the environment's TEST_RESULTS names. */
export default class ResultsReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const caughtIn = (module) =>
      unhandledErrors.filter((error) => error.VITEST_TEST_PATH === module.moduleId);
    const files = modules.map((module) => resultOf(module, caughtIn(module)));
    const known = new Set(modules.map(({ moduleId }) => moduleId));
    const unhandled = unhandledErrors.filter((error) => !known.has(error.VITEST_TEST_PATH)).length;
    const results = { files, unhandled };
    writeFileSync(process.env.TEST_RESULTS, JSON.stringify(results));
  }
}
