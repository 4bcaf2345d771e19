import type { AppStatusJson, SystemInfoJson } from "@k8shell/contract";
import type {
  AppStatus,
  DockerUsage,
  MountUsage,
  SystemInfoResponse,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { toNumber, unlessEmpty } from "./values.ts";

const appStates = ["RUNNING", "STOPPED", "NOT-INSTALLED", "INSTALLING", "PENDING", "INVALID"] as const;

/** rest-contract 2.11; a state that is not documented is `-`. */
export const appJson = (app: AppStatus): AppStatusJson => ({
  name: app.name,
  status: appStates.find((state) => state === app.status) ?? "-",
  version: app.version,
  port: app.port,
  pid: app.pid,
  age: app.age,
  restarts: app.restarts,
  protocol: app.protocol,
});

const mountJson = (mount: MountUsage): SystemInfoJson["mounts"][number] => ({
  mountPoint: mount.mountPoint,
  source: mount.source,
  fsType: mount.fsType,
  options: mount.options,
  readOnly: mount.readOnly,
  ...(mount.isLikelyTemp ? { isLikelyTemp: true } : {}),
  totalBytes: toNumber(mount.totalBytes),
  usedBytes: toNumber(mount.usedBytes),
  freeBytes: toNumber(mount.freeBytes),
  availableBytes: toNumber(mount.availableBytes),
  totalInodes: toNumber(mount.totalInodes),
  freeInodes: toNumber(mount.freeInodes),
  declaredSize: toNumber(mount.declaredSize),
});

const dockerJson = (docker: DockerUsage): NonNullable<SystemInfoJson["docker"]> => ({
  socketPath: docker.socketPath,
  apiVersion: docker.apiVersion,
  dockerRootDir: docker.dockerRootDir,
  imagesBytes: toNumber(docker.imagesBytes),
  containersBytes: toNumber(docker.containersBytes),
  containersRootFsBytes: toNumber(docker.containersRootFsBytes),
  volumesBytes: toNumber(docker.volumesBytes),
  buildCacheBytes: toNumber(docker.buildCacheBytes),
  totalBytes: toNumber(docker.totalBytes),
  declaredSize: toNumber(docker.declaredSize),
});

/** JSON has no NaN or infinity. */
const finite = (value: number | undefined): number =>
  value !== undefined && Number.isFinite(value) ? value : 0;

/** rest-contract 2.12; `min` in the averages is lower case there and upper case on the wire. */
export const systemInfoJson = (info: SystemInfoResponse): SystemInfoJson => ({
  time: info.time,
  system: {
    uptime: info.system?.uptime ?? "",
    cpuUsageMillicores: finite(info.system?.cpuUsageMillicores),
    cpuLimitMillicores: finite(info.system?.cpuLimitMillicores),
    memoryUsageMiB: finite(info.system?.memoryUsageMiB),
    memLimitMiB: finite(info.system?.memLimitMiB),
    cpuAvg1min: finite(info.system?.cpuAvg1Min),
    cpuAvg5min: finite(info.system?.cpuAvg5Min),
    cpuAvg15min: finite(info.system?.cpuAvg15Min),
    users: info.system?.users ?? 0,
  },
  mounts: info.mounts.map(mountJson),
  ...(info.docker ? { docker: dockerJson(info.docker) } : {}),
  ...unlessEmpty("repository", info.repository),
});
