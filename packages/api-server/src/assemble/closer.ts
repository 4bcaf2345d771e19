import type { Logger } from "pino";

/** Closes in the reverse order of opening; each gets its turn whatever the others do. */
export const createCloser = (log: Logger) => {
  const steps: Array<() => unknown> = [];
  return {
    add(step: () => unknown) {
      steps.push(step);
    },
    async run() {
      for (const step of steps.splice(0).reverse()) {
        try {
          await step();
        } catch (err) {
          log.error({ err }, "a part did not close cleanly");
        }
      }
    },
  };
};
