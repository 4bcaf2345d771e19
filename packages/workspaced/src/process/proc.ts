import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The fields of `/proc/<pid>/stat` the daemon uses (proc(5)). Times are clock ticks, `rss` is in pages. */
export interface ProcessStat {
  pid: number;
  state: string;
  parent: number;
  /** Process group. */
  group: number;
  session: number;
  /** Foreground process group of the controlling terminal, -1 without one. */
  foregroundGroup: number;
  userTicks: number;
  systemTicks: number;
  /** 0 for a process without memory of its own: a kernel thread, or one that is ending. */
  virtualBytes: number;
  rssPages: number;
}

/** Parses one line of `/proc/<pid>/stat`; the command name may hold blanks and brackets, so fields start after the last `)`. */
export const parseStat = (text: string): ProcessStat | undefined => {
  const end = text.lastIndexOf(")");
  const pid = Number.parseInt(text, 10);
  if (end < 0 || !Number.isInteger(pid)) return undefined;
  const fields = text.slice(end + 2).split(" ");
  const number = (index: number) => Number(fields[index] ?? 0);
  return {
    pid,
    state: fields[0] ?? "",
    parent: number(1),
    group: number(2),
    session: number(3),
    foregroundGroup: number(5),
    userTicks: number(11),
    systemTicks: number(12),
    virtualBytes: number(20),
    rssPages: number(21),
  };
};

/** What `/proc` says of a process, or undefined when it is gone. */
export const readStat = (pid: number): ProcessStat | undefined => {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return undefined;
  }
};

/** Ids of every visible process. */
export const listPids = (): number[] => {
  const pids: number[] = [];
  for (const name of readdirSync("/proc")) {
    if (name >= "1" && name < ":") pids.push(Number(name));
  }
  return pids;
};

/** Whether the process exists and is not a zombie. */
export const isRunning = (pid: number): boolean => {
  const stat = readStat(pid);
  return stat !== undefined && stat.state !== "Z" && stat.state !== "X";
};

/**
 * The variables a process was started with, each `K=V` with a NUL before and after. Undefined when they may not be
 * read; empty for a process without any, and for a moment while one is executing a new program.
 */
export const readEnvironment = (pid: number): string | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/environ`, "latin1");
    return text === "" ? "" : `\0${text}\0`;
  } catch {
    return undefined;
  }
};

/**
 * Whether a child has begun its program. For a moment after the fork it is still a copy of the daemon, with the daemon's
 * directory and environment. True when it cannot be told.
 */
export const hasBegun = (pid: number): boolean => {
  try {
    return readlinkSync(`/proc/${pid}/exe`) !== readlinkSync("/proc/self/exe");
  } catch {
    return true;
  }
};

/** Current directory of a process; throws the system error when it may not be read. */
export const readCwd = (pid: number): string => readlinkSync(`/proc/${pid}/cwd`);
