import { readStat } from "../process/proc.ts";

/** Kernel clock ticks per second: USER_HZ is 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;
const pageBytes = 4096;

/** Usage of a set of processes. */
export interface ProcessUsage {
  /** CPU time of the processes alive now, microseconds. */
  cpuMicroseconds: number;
  memoryBytes: number;
}

/** Adds up processes, for a workspace that has no control group of its own. */
export const readProcessUsage = (pids: readonly number[]): ProcessUsage => {
  let ticks = 0;
  let pages = 0;
  for (const pid of pids) {
    const stat = readStat(pid);
    if (stat === undefined) continue;
    ticks += stat.userTicks + stat.systemTicks;
    pages += stat.rssPages;
  }
  return { cpuMicroseconds: (ticks / ticksPerSecond) * 1e6, memoryBytes: pages * pageBytes };
};
