// Says at the end which tests failed first and then passed, and why: they passed, but somebody has to look.
export default class SecondTryReporter {
  #tests = [];

  onTestCaseResult(test) {
    if (!test.diagnostic()?.flaky) return;
    const [reason = "no reason"] = (test.result().errors?.[0]?.message ?? "").split("\n");
    this.#tests.push(`second try: ${test.fullName} (${test.module.relativeModuleId}): ${reason}`);
  }

  onTestRunEnd() {
    for (const line of this.#tests) process.stdout.write(`${line}\n`);
  }
}
