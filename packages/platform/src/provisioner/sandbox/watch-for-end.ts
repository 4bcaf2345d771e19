import type { SandboxExit } from "./types.ts";

const everyMs = 500;

/** Resolves when `alive` no longer holds: for processes that are not children of this one. Keeps no process running. */
export const watchForEnd = (alive: () => boolean): Promise<SandboxExit> =>
  new Promise((resolve) => {
    const timer = setInterval(() => {
      if (alive()) return;
      clearInterval(timer);
      resolve({});
    }, everyMs);
    timer.unref();
  });
