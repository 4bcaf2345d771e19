import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const checkMs = 3000;
/** CPU time in one check period that counts as work, microseconds. */
const busyMicroseconds = 30_000;

const findCollector = (): (() => void) | undefined => {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("globalThis.gc");
  return typeof collect === "function" ? () => void collect() : undefined;
};

/**
 * Gives memory back after a burst of work. V8 collects when it allocates, so a process that falls idle keeps all the
 * garbage of its last minute: with one daemon per workspace, that adds up.
 * @returns stops it
 */
export const startIdleCollection = (): (() => void) => {
  const collect = findCollector();
  if (collect === undefined) return () => {};
  let last = process.cpuUsage();
  let worked = true;
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(last);
    last = process.cpuUsage();
    if (user + system > busyMicroseconds) worked = true;
    else if (worked) {
      worked = false;
      collect();
      // The collection itself is no work.
      last = process.cpuUsage();
    }
  }, checkMs);
  timer.unref();
  return () => clearInterval(timer);
};
