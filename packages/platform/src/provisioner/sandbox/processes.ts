import { readdirSync, readFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessId } from "./types.ts";

interface Stat {
  readonly state: string;
  readonly parent: number;
  readonly start: string;
}

const readStat = (pid: number): Stat | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The command name may hold blanks and brackets: fields are counted from the last one.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", parent: Number(fields[1]), start: fields[19] ?? "" };
  } catch {
    return undefined;
  }
};

const running = (stat: Stat | undefined): stat is Stat =>
  stat !== undefined && stat.state !== "Z" && stat.state !== "X";

/** Identifies a running process; undefined when it is gone or only waits to be reaped. */
export const identify = (pid: number): ProcessId | undefined => {
  const stat = readStat(pid);
  return running(stat) ? { pid, start: stat.start } : undefined;
};

/** Whether exactly this process still runs. */
export const isAlive = ({ pid, start }: ProcessId): boolean => {
  const stat = readStat(pid);
  return running(stat) && stat.start === start;
};

/** The machine's boot id. */
export const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

const allPids = (): number[] =>
  readdirSync("/proc")
    .filter((name) => name >= "1" && name < ":")
    .map(Number);

/** Running processes whose parent is `pid`. */
export const childrenOf = (pid: number): number[] =>
  allPids().filter((child) => {
    const stat = readStat(child);
    return running(stat) && stat.parent === pid;
  });

/**
 * Running processes that carry a variable in the environment they were started with, or belong to a user.
 * @param entry `NAME=value`
 * @param uid also every process of this user
 */
export const findProcesses = (entry: string, uid?: number): number[] => {
  const self = process.pid;
  return allPids().filter((pid) => {
    if (pid === self || !running(readStat(pid))) return false;
    try {
      if (uid !== undefined && statSync(`/proc/${pid}`).uid === uid) return true;
      return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(entry);
    } catch {
      return false;
    }
  });
};

/** Sends a signal; a process that is gone is fine. */
export const sendSignal = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already, or no longer ours: the caller looks again before it believes so.
  }
};

/** Waits until `done` holds. Resolves to whether it did in time. */
export const waitUntil = async (done: () => boolean, withinMs: number, everyMs = 20): Promise<boolean> => {
  const until = Date.now() + withinMs;
  for (;;) {
    if (done()) return true;
    if (Date.now() >= until) return false;
    await sleep(everyMs);
  }
};
