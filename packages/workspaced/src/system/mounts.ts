import { readFileSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** One line of `/proc/self/mountinfo` (proc(5)). */
export interface Mount {
  mountPoint: string;
  source: string;
  fsType: string;
  options: string[];
  readOnly: boolean;
  /** `major:minor` of the device. */
  device: string;
}

/** Usage of one mounted file system, as SystemInfo reports it. Sizes in bytes. */
export interface MountReading {
  mountPoint: string;
  source: string;
  fsType: string;
  options: string[];
  readOnly: boolean;
  isLikelyTemp: boolean;
  totalBytes: bigint;
  usedBytes: bigint;
  freeBytes: bigint;
  availableBytes: bigint;
  totalInodes: bigint;
  freeInodes: bigint;
  declaredSize: bigint;
}

/** File systems that hold no files of a user. */
const virtualTypes = new Set([
  "autofs",
  "binfmt_misc",
  "bpf",
  "cgroup",
  "cgroup2",
  "configfs",
  "debugfs",
  "devpts",
  "devtmpfs",
  "efivarfs",
  "fusectl",
  "hugetlbfs",
  "mqueue",
  "nsfs",
  "proc",
  "pstore",
  "ramfs",
  "rpc_pipefs",
  "securityfs",
  "selinuxfs",
  "sysfs",
  "tracefs",
]);

/** A network file system that does not answer must not hold up the report, milliseconds. */
const statfsTimeoutMs = 2000;

const decodeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** Parses `/proc/self/mountinfo`; lines that do not follow the format are left out. */
export const parseMountInfo = (text: string): Mount[] => {
  const mounts: Mount[] = [];
  for (const line of text.split("\n")) {
    const [before, after] = line.split(" - ");
    const [, , device, , mountPoint, options] = before?.split(" ") ?? [];
    const [fsType, source, superOptions] = after?.split(" ") ?? [];
    if (device === undefined || mountPoint === undefined || options === undefined || fsType === undefined)
      continue;
    const own = options.split(",");
    mounts.push({
      device,
      mountPoint: decodeOctal(mountPoint),
      source: decodeOctal(source ?? ""),
      fsType,
      options: own,
      readOnly: own.includes("ro") || (superOptions ?? "").split(",").includes("ro"),
    });
  }
  return mounts;
};

const isTemporary = (mount: Mount): boolean =>
  mount.fsType === "tmpfs" || /^\/(var\/)?tmp(\/|$)/.test(mount.mountPoint);

/**
 * The mounts worth reporting: of what is stacked on one directory the uppermost, no virtual ones, no device
 * directories, and no read-only views of a file system that is reported anyway or holds only programs.
 */
export const selectMounts = (mounts: readonly Mount[], declared: ReadonlySet<string>): Mount[] => {
  const uppermost = new Map(mounts.map((mount) => [mount.mountPoint, mount]));
  return [...uppermost.values()].filter((mount) => {
    if (declared.has(mount.mountPoint) || mount.mountPoint === "/") return true;
    if (virtualTypes.has(mount.fsType) || /^\/(dev|proc|sys)(\/|$)/.test(mount.mountPoint)) return false;
    return !mount.readOnly;
  });
};

const isDirectory = (path: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
};

const readUsage = async (mount: Mount, declaredSize: number): Promise<MountReading | undefined> => {
  const late = sleep(statfsTimeoutMs, undefined, { ref: false });
  const stats = await Promise.race([statfs(mount.mountPoint, { bigint: true }).catch(() => undefined), late]);
  if (stats === undefined) return undefined;
  const { mountPoint, source, fsType, options, readOnly } = mount;
  return {
    mountPoint,
    source,
    fsType,
    options,
    readOnly,
    isLikelyTemp: isTemporary(mount),
    totalBytes: stats.blocks * stats.bsize,
    usedBytes: (stats.blocks - stats.bfree) * stats.bsize,
    freeBytes: stats.bfree * stats.bsize,
    availableBytes: stats.bavail * stats.bsize,
    totalInodes: stats.files,
    freeInodes: stats.ffree,
    declaredSize: BigInt(Math.max(0, Math.trunc(declaredSize))),
  };
};

/**
 * Mounts of this process with their usage, sorted by mount point.
 * @param declaredSizes bytes by mount point, reported beside the measured size
 */
export const readMounts = async (
  declaredSizes: Readonly<Record<string, number>>,
): Promise<MountReading[]> => {
  const all = parseMountInfo(readFileSync("/proc/self/mountinfo", "utf8"));
  const selected = selectMounts(all, new Set(Object.keys(declaredSizes)));
  const readings = await Promise.all(
    selected
      .filter((mount) => isDirectory(mount.mountPoint))
      .map((mount) => readUsage(mount, declaredSizes[mount.mountPoint] ?? 0)),
  );
  return readings
    .filter((reading) => reading !== undefined)
    .sort((a, b) => (a.mountPoint < b.mountPoint ? -1 : 1));
};
