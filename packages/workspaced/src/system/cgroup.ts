import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What a control group says of its processes. Absent: it does not tell, or sets no limit. */
export interface CgroupReading {
  /** CPU time used since the group was made, microseconds. */
  cpuMicroseconds?: number;
  /** Memory in use without page cache that can be dropped, bytes. */
  memoryBytes?: number;
  cpuLimitMillicores?: number;
  memoryLimitBytes?: number;
}

/** Version 1 writes "no limit" as a number near 2^63, rounded to pages. */
const noLimit = 2 ** 62;

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return undefined;
  }
};

const readNumber = (path: string): number | undefined => {
  const text = readText(path);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
};

/** The value after `key` in a file of `key value` lines. */
const readKey = (path: string, key: string): number | undefined => {
  const line = readText(path)
    ?.split("\n")
    .find((item) => item.startsWith(`${key} `));
  return line === undefined ? undefined : Number(line.slice(key.length + 1));
};

const without = (total: number | undefined, part: number | undefined) =>
  total === undefined ? undefined : Math.max(0, total - (part ?? 0));

/** Reads a version 2 group (https://docs.kernel.org/admin-guide/cgroup-v2.html). */
const readCgroup2 = (directory: string): CgroupReading => {
  const [quota, period] = (readText(join(directory, "cpu.max")) ?? "max 100000").split(" ").map(Number);
  return {
    cpuMicroseconds: readKey(join(directory, "cpu.stat"), "usage_usec"),
    memoryBytes: without(
      readNumber(join(directory, "memory.current")),
      readKey(join(directory, "memory.stat"), "inactive_file"),
    ),
    cpuLimitMillicores:
      quota !== undefined && period && Number.isFinite(quota) ? (quota / period) * 1000 : undefined,
    memoryLimitBytes: readNumber(join(directory, "memory.max")),
  };
};

/** Reads the version 1 groups of one process: one directory per controller. */
const readCgroup1 = (directories: { cpu: string; cpuacct: string; memory: string }): CgroupReading => {
  const quota = readText(join(directories.cpu, "cpu.cfs_quota_us"));
  const period = readNumber(join(directories.cpu, "cpu.cfs_period_us"));
  const limit = readNumber(join(directories.memory, "memory.limit_in_bytes"));
  const nanoseconds = readNumber(join(directories.cpuacct, "cpuacct.usage"));
  return {
    cpuMicroseconds: nanoseconds === undefined ? undefined : nanoseconds / 1000,
    memoryBytes: without(
      readNumber(join(directories.memory, "memory.usage_in_bytes")),
      readKey(join(directories.memory, "memory.stat"), "total_inactive_file"),
    ),
    cpuLimitMillicores:
      quota !== undefined && Number(quota) > 0 && period ? (Number(quota) / period) * 1000 : undefined,
    memoryLimitBytes: limit !== undefined && limit < noLimit ? limit : undefined,
  };
};

/** Directory of each controller for this process, from `/proc/self/cgroup`; the unified one under `""`. */
const parseCgroupFile = (text: string): Map<string, string> => {
  const paths = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    if (match === null) continue;
    for (const controller of (match[1] ?? "").split(",")) paths.set(controller, match[2] ?? "/");
  }
  return paths;
};

/** A path of `/proc/self/cgroup` may be the host's, while only the group itself is mounted: then the root is it. */
const existing = (root: string, path: string, probe: string): string =>
  readText(join(root, path, probe)) === undefined ? root : join(root, path);

/**
 * The control group of this process, version 2 or 1.
 * @param root mount point, by default `/sys/fs/cgroup`
 */
export const readOwnCgroup = (root = "/sys/fs/cgroup", selfFile = "/proc/self/cgroup"): CgroupReading => {
  const paths = parseCgroupFile(readText(selfFile) ?? "");
  if (readText(join(root, "cgroup.controllers")) !== undefined) {
    return readCgroup2(existing(root, paths.get("") ?? "/", "cpu.stat"));
  }
  const directory = (controller: string, probe: string) =>
    existing(join(root, controller), paths.get(controller) ?? "/", probe);
  return readCgroup1({
    cpu: directory("cpu", "cpu.cfs_quota_us"),
    cpuacct: directory("cpuacct", "cpuacct.usage"),
    memory: directory("memory", "memory.usage_in_bytes"),
  });
};

/**
 * Whether the group of this process holds nothing but the workspace, so that its usage is the workspace's.
 * @param outsider a process that is not part of the workspace: the launcher
 */
export const isOwnCgroup = (
  outsider: number,
  root = "/sys/fs/cgroup",
  selfFile = "/proc/self/cgroup",
): boolean => {
  const paths = parseCgroupFile(readText(selfFile) ?? "");
  const unified = readText(join(root, "cgroup.controllers")) !== undefined;
  const directory = unified
    ? existing(root, paths.get("") ?? "/", "cgroup.procs")
    : existing(join(root, "memory"), paths.get("memory") ?? "/", "cgroup.procs");
  const members = readText(join(directory, "cgroup.procs"))?.split("\n");
  if (members === undefined) return false;
  // A member outside this pid namespace reads as 0.
  return !members.includes("0") && (outsider <= 1 || !members.includes(String(outsider)));
};
