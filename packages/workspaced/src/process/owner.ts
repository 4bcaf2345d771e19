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

const pollMs = 25;
/** How long SIGKILL may take, milliseconds. */
const killMs = 1000;
/** Looks that any wait has at least: time in which nothing had a processor is no time for a process to end in. */
const leastLooks = 5;
/** Executing a new program takes less than this, milliseconds; who shows no environment for longer has none. */
const executingMs = 100;

/** Measures a wait by the clock and by how often it was looked meanwhile. */
const createPatience = () => {
  const began = performance.now();
  let looks = 0;
  return {
    looked() {
      looks += 1;
    },
    isOver: (ms: number) =>
      performance.now() - began >= ms && looks >= Math.min(leastLooks, Math.floor(ms / pollMs)),
  };
};

/** The daemon and the processes above it, which must never be taken for children. */
const ownLine = (): Set<number> => {
  const line = new Set([1]);
  for (let pid = process.pid; pid > 1 && !line.has(pid); pid = readStat(pid)?.parent ?? 0) line.add(pid);
  return line;
};

/** @param instance unique to one workspace on this machine, the same after a restart of its daemon */
export const createProcessOwners = (instance: string): ProcessOwners => {
  const mark = (thing: string) => `${instance}:${thing}`;

  /** `uncertain`: some process shows no environment just now, and may turn out to be one that is wanted. */
  const scan = (thing?: string, session?: number): { pids: number[]; uncertain: boolean } => {
    const entry = `\0${ownerVariable}=${mark(thing ?? "")}${thing === undefined ? "" : "\0"}`;
    const spared = ownLine();
    let uncertain = false;
    const pids = listPids().filter((pid) => {
      if (spared.has(pid)) return false;
      const environment = readEnvironment(pid);
      if (environment === undefined) return false;
      if (environment === "") uncertain ||= isRunning(pid) && (readStat(pid)?.virtualBytes ?? 0) > 0;
      const owned =
        environment.includes(entry) || (session !== undefined && readStat(pid)?.session === session);
      return owned && isRunning(pid);
    });
    return { pids, uncertain };
  };

  return {
    mark,
    find: (thing, session) => scan(thing, session).pids,
    async terminate({ thing, session, signal, graceMs }) {
      const told = new Set<number>();
      const patience = createPatience();
      /** Begins when the first is killed. */
      let killing: ReturnType<typeof createPatience> | undefined;
      for (;;) {
        const { pids, uncertain } = scan(thing, session);
        if (pids.length === 0 && (!uncertain || patience.isOver(executingMs))) return true;
        if (killing?.isOver(killMs)) return false;
        if (patience.isOver(graceMs)) killing ??= createPatience();
        for (const pid of pids) {
          if (killing) sendSignal(pid, "SIGKILL");
          else if (!told.has(pid)) {
            told.add(pid);
            sendSignal(pid, signal);
            // A stopped process would keep its signal pending for ever.
            sendSignal(pid, "SIGCONT");
          }
        }
        await sleep(pollMs);
        patience.looked();
        killing?.looked();
      }
    },
  };
};
