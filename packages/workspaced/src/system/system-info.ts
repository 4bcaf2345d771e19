import { cpus, totalmem } from "node:os";
import type { Log, WorkspacedConfig } from "@k8shell/contract";
import { isOwnCgroup, readOwnCgroup } from "./cgroup.ts";
import { createCpuHistory } from "./cpu-history.ts";
import { type DockerReading, dockerSockets, readDocker } from "./docker.ts";
import { type MountReading, readMounts } from "./mounts.ts";
import { readProcessUsage } from "./process-usage.ts";

/** What SystemInfo answers (wire message SystemInfoResponse). */
export interface SystemInfo {
  time: string;
  system: {
    /** When the daemon started, RFC 3339 (rest-contract 2.12). */
    uptime: string;
    cpuUsageMillicores: number;
    cpuLimitMillicores: number;
    memoryUsageMiB: number;
    memLimitMiB: number;
    cpuAvg1Min: number;
    cpuAvg5Min: number;
    cpuAvg15Min: number;
    users: number;
  };
  mounts: MountReading[];
  docker: DockerReading | undefined;
  repository: string;
}

/** The daemon's view of the machine. */
export interface SystemInfoSource {
  /** The last sample; the first one is taken when it is not there yet. */
  latest(): Promise<SystemInfo>;
  close(): void;
}

/** What the samples are made of. */
export interface SystemInfoDeps {
  config: WorkspacedConfig;
  /** Processes of the workspace. */
  pids: () => number[];
  /** Shells with a client. */
  users: () => number;
  log: Log;
}

/** Between samples, milliseconds (grpc-behaviour section 4). */
const intervalMs = 30_000;

const mebibyte = 1024 * 1024;
/** The second CPU reading follows the first quickly, so that the first answers already tell the load. */
const firstReadingMs = 1000;

/** Samples in the background. */
export const createSystemInfo = (deps: SystemInfoDeps): SystemInfoSource => {
  const { config, log } = deps;
  const started = new Date().toISOString();
  const cpu = createCpuHistory();
  const declared = config.declaredSizes ?? {};

  const readCpuAndMemory = () => {
    const group = readOwnCgroup();
    const dedicated =
      group.cpuMicroseconds !== undefined && group.memoryBytes !== undefined && isOwnCgroup(process.ppid);
    const usage = dedicated
      ? { cpuMicroseconds: group.cpuMicroseconds ?? 0, memoryBytes: group.memoryBytes ?? 0 }
      : readProcessUsage([process.pid, ...deps.pids()]);
    cpu.add(performance.now(), usage.cpuMicroseconds);
    const limits = dedicated ? group : {};
    return {
      memoryUsageMiB: usage.memoryBytes / mebibyte,
      cpuLimitMillicores: limits.cpuLimitMillicores ?? config.limits?.cpuMillicores ?? cpus().length * 1000,
      memLimitMiB:
        limits.memoryLimitBytes === undefined
          ? (config.limits?.memoryMiB ?? totalmem() / mebibyte)
          : limits.memoryLimitBytes / mebibyte,
    };
  };

  const sample = async (): Promise<SystemInfo> => {
    const [mounts, docker] = await Promise.all([readMounts(declared), readDocker(dockerSockets(config.env))]);
    const reading = readCpuAndMemory();
    return {
      time: new Date().toISOString(),
      system: {
        ...reading,
        uptime: started,
        cpuUsageMillicores: cpu.current(),
        cpuAvg1Min: cpu.average(60_000),
        cpuAvg5Min: cpu.average(5 * 60_000),
        cpuAvg15Min: cpu.average(15 * 60_000),
        users: 0,
      },
      mounts,
      docker,
      repository: config.repository ?? "",
    };
  };

  let latest = sample();
  const refresh = () => {
    const next = sample();
    next.then(
      () => {
        latest = next;
      },
      (error: unknown) => log.warn({ error }, "system information could not be refreshed"),
    );
  };
  latest.catch((error: unknown) => log.warn({ error }, "system information could not be read"));
  const first = setTimeout(refresh, firstReadingMs);
  const timer = setInterval(refresh, intervalMs);
  first.unref();
  timer.unref();

  return {
    async latest() {
      const info = await latest;
      // The number of users is known at once and costs nothing, so it need not be up to 30 s old.
      return { ...info, system: { ...info.system, users: deps.users() } };
    },
    close() {
      clearTimeout(first);
      clearInterval(timer);
    },
  };
};
