import type { WorkspacedApp } from "@k8shell/contract";

/** First wait before a restart, milliseconds (grpc-behaviour section 4: 1 s doubling to 5 min). */
const firstDelayMs = 1000;
const defaultMaxSeconds = 300;
/** A run at least this long counts as stable: the next failure waits the first delay again. */
const stableRunMs = 60_000;

/** How an app's process ended: an exit code, or a signal (null code). */
export interface AppExit {
  code: number | null;
  ranMs: number;
}

/**
 * Whether an app that ended by itself starts again, and after how long.
 * @param previousDelayMs the wait before this run; 0 when it was started by a person
 * @returns milliseconds to wait, or undefined to leave it stopped
 */
export const restartDelay = (
  app: WorkspacedApp,
  exit: AppExit,
  previousDelayMs: number,
): number | undefined => {
  if (app.restartPolicy === "never") return undefined;
  if (app.restartPolicy === "on-failure" && exit.code === 0) return undefined;
  const longest = (app.maxRestartBackoff ?? defaultMaxSeconds) * 1000;
  const next = previousDelayMs === 0 || exit.ranMs >= stableRunMs ? firstDelayMs : previousDelayMs * 2;
  return Math.min(next, longest);
};
