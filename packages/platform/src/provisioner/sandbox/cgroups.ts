import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { waitUntil } from "./processes.ts";

/** Limits set on one workspace. */
export interface CgroupLimits {
  readonly cpuMillicores?: number | undefined;
  readonly memoryBytes?: number | undefined;
}

/** A control group directory and where the workspace sees it. */
export interface CgroupMount {
  readonly source: string;
  readonly target: string;
}

/** What control groups can do here. */
export interface Cgroups {
  readonly detail: string;
  readonly cpu: boolean;
  readonly memory: boolean;
  /** Makes the groups of one workspace. @returns the directories; a process joins by writing its id to their cgroup.procs */
  make(name: string, limits: CgroupLimits): CgroupMount[];
}

const periodUs = 100_000;
const maxProcesses = "8192";

/** Mount points by controller (v1), and of the unified hierarchy. */
const mountPoints = (mountinfo: string) => {
  const v1 = new Map<string, string>();
  let unified: string | undefined;
  for (const line of mountinfo.split("\n")) {
    const [head = "", tail = ""] = line.split(" - ");
    const path = head.split(" ")[4] ?? "";
    const [type, , options = ""] = tail.split(" ");
    if (type === "cgroup2") unified ??= path;
    if (type === "cgroup") for (const option of options.split(",")) v1.set(option, path);
  }
  return { v1, unified };
};

const ownPaths = (text: string): Map<string, string> => {
  const paths = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, controllers = "", path = "/"] = line.split(":");
    for (const controller of controllers.split(",")) paths.set(controller, path);
  }
  return paths;
};

const tryWrite = (file: string, text: string): boolean => {
  try {
    writeFileSync(file, text);
    return true;
  } catch {
    return false;
  }
};

const makeDirectory = (path: string): boolean => {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(join(path, "cgroup.procs"), constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

const openUnified = (root: string): Cgroups | undefined => {
  const parent = join(root, "k8shell");
  if (!existsSync(join(root, "cgroup.controllers")) || !makeDirectory(parent)) return undefined;
  const wanted = ["cpu", "memory", "pids"].filter(
    (controller) =>
      tryWrite(join(root, "cgroup.subtree_control"), `+${controller}`) &&
      tryWrite(join(parent, "cgroup.subtree_control"), `+${controller}`),
  );
  if (!wanted.includes("memory") && !wanted.includes("cpu")) return undefined;
  return {
    detail: `control groups v2 (${wanted.join(", ")})`,
    cpu: wanted.includes("cpu"),
    memory: wanted.includes("memory"),
    make(name, { cpuMillicores, memoryBytes }) {
      const source = join(parent, name);
      if (!makeDirectory(source)) return [];
      tryWrite(join(source, "pids.max"), maxProcesses);
      if (memoryBytes !== undefined) {
        tryWrite(join(source, "memory.max"), String(memoryBytes));
        tryWrite(join(source, "memory.swap.max"), "0");
      }
      if (cpuMillicores !== undefined) {
        tryWrite(join(source, "cpu.max"), `${Math.max(1000, cpuMillicores * 100)} ${periodUs}`);
      }
      return [{ source, target: "/sys/fs/cgroup" }];
    },
  };
};

const openV1 = (
  points: ReadonlyMap<string, string>,
  own: ReadonlyMap<string, string>,
): Cgroups | undefined => {
  const parents = new Map<string, string>();
  for (const controller of ["memory", "cpu", "cpuacct", "pids"]) {
    const point = points.get(controller);
    if (point === undefined) continue;
    const near = join(point, own.get(controller) ?? "/");
    const parent = join(existsSync(near) ? near : point, "k8shell");
    if (makeDirectory(parent)) parents.set(controller, parent);
  }
  if (!parents.has("memory") && !parents.has("cpu")) return undefined;
  return {
    detail: `control groups v1 (${[...parents.keys()].join(", ")})`,
    cpu: parents.has("cpu"),
    memory: parents.has("memory"),
    make(name, { cpuMillicores, memoryBytes }) {
      const made: CgroupMount[] = [];
      for (const [controller, parent] of parents) {
        const source = join(parent, name);
        if (!makeDirectory(source)) continue;
        made.push({ source, target: `/sys/fs/cgroup/${controller}` });
        if (controller === "pids") tryWrite(join(source, "pids.max"), maxProcesses);
        if (controller === "memory" && memoryBytes !== undefined) {
          tryWrite(join(source, "memory.limit_in_bytes"), String(memoryBytes));
        }
        if (controller === "cpu" && cpuMillicores !== undefined) {
          tryWrite(join(source, "cpu.cfs_period_us"), String(periodUs));
          tryWrite(join(source, "cpu.cfs_quota_us"), String(Math.max(1000, cpuMillicores * 100)));
        }
      }
      return made;
    },
  };
};

/** Finds out whether this process may make control groups, v2 first. Undefined when it may not. */
export const openCgroups = (): Cgroups | undefined => {
  try {
    const { v1, unified } = mountPoints(readFileSync("/proc/self/mountinfo", "utf8"));
    const found = unified === undefined ? undefined : openUnified(unified);
    return found ?? openV1(v1, ownPaths(readFileSync("/proc/self/cgroup", "utf8")));
  } catch {
    return undefined;
  }
};

const removed = (path: string): boolean => {
  try {
    rmdirSync(path);
    return true;
  } catch {
    return !existsSync(path);
  }
};

/** Removes the groups of a workspace whose processes have ended; the kernel needs a moment to notice that they have. */
export const removeCgroups = async (paths: readonly string[]): Promise<void> => {
  for (const path of paths) await waitUntil(() => removed(path), 2000);
};
