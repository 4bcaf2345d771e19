import { runInNewContext } from "node:vm";

/** The error is one of the context, so no `Error` of this one. */
const isLate = (error: unknown): boolean =>
  typeof error === "object" &&
  error !== null &&
  "code" in error &&
  error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";

/**
 * Runs a function that has no effects, within a limit of processor time. What interrupts it goes by the clock; where the process
 * had no processor meanwhile, it is run once more.
 * @param limitMs milliseconds; about twice as many may be used
 * @returns false when it takes longer
 */
export const withinProcessorTime = (limitMs: number, run: () => void): boolean => {
  const began = process.cpuUsage();
  for (;;) {
    try {
      // The context adds nothing but its time limit, which interrupts everything called from it.
      runInNewContext("run()", { run }, { timeout: limitMs });
      return true;
    } catch (error) {
      if (!isLate(error)) throw error;
      const { user, system } = process.cpuUsage(began);
      if (user + system >= (limitMs * 1000) / 2) return false;
    }
  }
};
