import { setTimeout as sleep } from "node:timers/promises";
import { isRunning, listPids, readEnvironment, readStat } from "./proc.ts";
import { sendSignal } from "./signals.ts";

/** Variable that marks every process of the workspace with what started it. Inherited, so it finds grandchildren. */
export const ownerVariable = "K8SHELL_OWNER";

/**
 * Finds and ends the processes the daemon started, and what those started. A process that cleared its environment
 * is found only through the terminal session it belongs to: one that did both is out of reach without a pid
 * namespace of its own, which is why the launcher gives each workspace one where it can.
 */
export interface ProcessOwners {
  /** The value of `ownerVariable` for one thing, e.g. `shell:ws-1`. */
  mark(thing: string): string;
  /**
   * Running processes of one thing, or of the whole workspace when `thing` is left out.
   * @param session also every process of this terminal session
   */
  find(thing?: string, session?: number): number[];
  /**
   * Ends processes: `signal` first, SIGKILL for those still there after `graceMs`.
   * @returns false when some survived even that (another user's, or stuck in the kernel)
   */
  terminate(options: {
    thing?: string;
    session?: number;
    signal: NodeJS.Signals;
    graceMs: number;
  }): Promise<boolean>;
}

/** The daemon and the processes above it, which must never be taken for children. */
const ownLine = (): Set<number> => {
  const line = new Set([1]);
  for (let pid = process.pid; pid > 1 && !line.has(pid); pid = readStat(pid)?.parent ?? 0) line.add(pid);
  return line;
};

/** @param instance unique to one workspace on this machine, the same after a restart of its daemon */
export const createProcessOwners = (instance: string): ProcessOwners => {
  const mark = (thing: string) => `${instance}:${thing}`;

  const find = (thing?: string, session?: number): number[] => {
    const entry = `\0${ownerVariable}=${mark(thing ?? "")}${thing === undefined ? "" : "\0"}`;
    const spared = ownLine();
    return listPids().filter((pid) => {
      if (spared.has(pid)) return false;
      const owned =
        readEnvironment(pid).includes(entry) || (session !== undefined && readStat(pid)?.session === session);
      return owned && isRunning(pid);
    });
  };

  const gone = async (thing: string | undefined, session: number | undefined, withinMs: number) => {
    const until = Date.now() + withinMs;
    for (;;) {
      if (find(thing, session).length === 0) return true;
      if (Date.now() >= until) return false;
      await sleep(25);
    }
  };

  return {
    mark,
    find,
    async terminate({ thing, session, signal, graceMs }) {
      const found = find(thing, session);
      if (found.length === 0) return true;
      for (const pid of found) {
        sendSignal(pid, signal);
        // A stopped process would keep its signal pending for ever.
        sendSignal(pid, "SIGCONT");
      }
      if (await gone(thing, session, graceMs)) return true;
      for (const pid of find(thing, session)) sendSignal(pid, "SIGKILL");
      return gone(thing, session, 1000);
    },
  };
};
