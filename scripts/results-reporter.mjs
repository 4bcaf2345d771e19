import { writeFileSync } from "node:fs";

const reason = (errors) => String(errors?.[0]?.message ?? "no reason").split("\n")[0];

/** What became of one test file. */
const resultOf = (module) => {
  const tests = [...module.children.allTests()];
  const named = (...states) => tests.filter((test) => states.includes(test.result().state));
  const failures = named("failed").map((test) => `${test.fullName}: ${reason(test.result().errors)}`);
  // A file that cannot be loaded, or whose hooks fail, has no failed test of its own.
  if (!module.ok() && failures.length === 0) {
    const suites = [...module.children.allSuites()];
    failures.push(reason([module, ...suites].flatMap((part) => part.errors())));
  }
  return {
    project: module.project.name,
    file: module.relativeModuleId,
    passed: named("passed").length,
    failures,
    skipped: named("skipped", "pending").map((test) => test.fullName),
  };
};

/** Writes what became of each test file, and errors outside of all tests, to the file that the environment's TEST_RESULTS names. */
export default class ResultsReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const results = { files: modules.map(resultOf), unhandled: unhandledErrors.length };
    writeFileSync(process.env.TEST_RESULTS, JSON.stringify(results));
  }
}
