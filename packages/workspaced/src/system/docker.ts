import { statSync } from "node:fs";
import { request } from "node:http";

/** Disk usage of a container engine with Docker's API, as SystemInfo reports it. Sizes in bytes. */
export interface DockerReading {
  socketPath: string;
  apiVersion: string;
  dockerRootDir: string;
  imagesBytes: bigint;
  containersBytes: bigint;
  containersRootFsBytes: bigint;
  volumesBytes: bigint;
  buildCacheBytes: bigint;
  totalBytes: bigint;
  declaredSize: bigint;
}

const timeoutMs = 5000;
const maxBody = 8 * 1024 * 1024;

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;
const objectsIn = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const size = (value: unknown): number => (typeof value === "number" && value > 0 ? value : 0);

const getJson = (socketPath: string, path: string): Promise<Json> =>
  new Promise((resolve, reject) => {
    const call = request({ socketPath, path, timeout: timeoutMs }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        body += part;
        if (body.length > maxBody) call.destroy(new Error("answer too large"));
      });
      response.on("end", () => {
        try {
          const parsed: unknown = JSON.parse(body);
          if (response.statusCode === 200 && isObject(parsed)) resolve(parsed);
          else reject(new Error(`status ${response.statusCode}`));
        } catch (error) {
          reject(error);
        }
      });
    });
    call.on("timeout", () => call.destroy(new Error("timed out")));
    call.on("error", reject);
    call.end();
  });

/** Where a container engine may listen: DOCKER_HOST when it names a socket, then Docker's and Podman's usual places. */
export const dockerSockets = (env: Readonly<Record<string, string | undefined>>): string[] => {
  const host = env.DOCKER_HOST ?? "";
  const runtime = env.XDG_RUNTIME_DIR;
  return [
    ...(host.startsWith("unix://") ? [host.slice("unix://".length)] : []),
    "/var/run/docker.sock",
    ...(runtime === undefined ? [] : [`${runtime}/docker.sock`, `${runtime}/podman/podman.sock`]),
    "/run/podman/podman.sock",
  ];
};

const sum = (items: Json[], value: (item: Json) => number): bigint =>
  BigInt(Math.trunc(items.reduce((total, item) => total + value(item), 0)));

/** Usage by the engine on the first of these sockets that exists; undefined without one, or when it does not answer. */
export const readDocker = async (sockets: readonly string[]): Promise<DockerReading | undefined> => {
  const socketPath = sockets.find((path) => statSync(path, { throwIfNoEntry: false })?.isSocket());
  if (socketPath === undefined) return undefined;
  try {
    const [version, info, usage] = await Promise.all([
      getJson(socketPath, "/version"),
      getJson(socketPath, "/info"),
      getJson(socketPath, "/system/df"),
    ]);
    const containers = objectsIn(usage.Containers);
    const parts = {
      imagesBytes: BigInt(size(usage.LayersSize)),
      containersBytes: sum(containers, (item) => size(item.SizeRw)),
      volumesBytes: sum(objectsIn(usage.Volumes), (item) =>
        isObject(item.UsageData) ? size(item.UsageData.Size) : 0,
      ),
      buildCacheBytes: sum(objectsIn(usage.BuildCache), (item) => size(item.Size)),
    };
    return {
      ...parts,
      socketPath,
      apiVersion: text(version.ApiVersion),
      dockerRootDir: text(info.DockerRootDir),
      containersRootFsBytes: sum(containers, (item) => size(item.SizeRootFs)),
      totalBytes: parts.imagesBytes + parts.containersBytes + parts.volumesBytes + parts.buildCacheBytes,
      declaredSize: 0n,
    };
  } catch {
    return undefined;
  }
};
