import { existsSync } from "node:fs";
import { lchown, lstat, mkdir } from "node:fs/promises";
import { join, posix } from "node:path";
import type { Blueprint } from "@k8shell/contract";
import { Code, RpcError } from "@k8shell/rpc";
import { cpuMillicores, quantityBytes } from "../quantity.ts";
import { workspacePlace } from "../sandbox/place.ts";
import type { InsidePaths, Sandbox, SandboxSpec } from "../sandbox/types.ts";
import type { WorkspaceRecord } from "./record.ts";

/** Places a storage must not cover. */
const reserved = [
  "/usr",
  "/bin",
  "/sbin",
  "/lib",
  "/lib32",
  "/lib64",
  "/libx32",
  "/proc",
  "/dev",
  "/sys",
  "/etc",
];
const reservedOwn = ["/opt/k8shell", "/run/k8shell", "/var/lib/k8shell", "/tmp", "/nix", "/gnu"];

const within = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(`${directory}/`);

/** A host name label of any workspace name. */
const hostLabel = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 63) || "workspace";

/** The host name of a workspace: its blueprint's, or one made from its name. */
export const hostnameOf = (name: string, blueprint: Blueprint | undefined): string =>
  blueprint?.hostname ?? hostLabel(name);

const mountTarget = (mountPath: string, home: string): string => {
  const target = posix.normalize(mountPath.replace(/^~/, home)).replace(/\/+$/, "");
  const refused =
    target === "" ||
    within(home, target) ||
    target.includes("/../") ||
    [...reserved, ...reservedOwn].some((directory) => within(target, directory) || within(directory, target));
  if (refused) {
    throw new RpcError(Code.FailedPrecondition, `a storage cannot be mounted at ${mountPath}`);
  }
  return target;
};

/**
 * The login shell in a workspace. Identity gives /bin/sh to whoever chose none (grpc-behaviour section 6), which often has
 * neither line editing nor completion: they get bash where there is one.
 */
const loginShell = (chosen: string): string =>
  (chosen === "" || chosen === "/bin/sh") && existsSync("/bin/bash") ? "/bin/bash" : chosen;

/** The sandbox of a workspace before its blueprint is known: no storages, no limits. */
export const bareSpec = (record: WorkspaceRecord, directory: string): SandboxSpec => ({
  name: record.name,
  instance: record.instance,
  hostname: hostnameOf(record.name, record.composed),
  user: { username: record.username, ...record.user, shell: loginShell(record.user.shell) },
  hostUid: record.hostUid,
  place: workspacePlace(directory),
  storages: [],
  limits: {},
});

/**
 * The sandbox a blueprint asks for.
 * @throws RpcError FailedPrecondition for a storage that cannot be mounted or a quantity that is none
 */
export const sandboxSpec = (options: {
  bare: SandboxSpec;
  sandbox: Sandbox;
  blueprint: Blueprint;
}): SandboxSpec => {
  const { bare, sandbox, blueprint } = options;
  const { home } = sandbox.inside(bare);
  const { cpu, memory } = blueprint.resources;
  const limits = { cpuMillicores: cpuMillicores(cpu), memoryBytes: quantityBytes(memory) };
  if (cpu !== undefined && limits.cpuMillicores === undefined) {
    throw new RpcError(
      Code.FailedPrecondition,
      `blueprint ${blueprint.name}: resources.cpu is not a quantity`,
    );
  }
  if (memory !== undefined && limits.memoryBytes === undefined) {
    throw new RpcError(
      Code.FailedPrecondition,
      `blueprint ${blueprint.name}: resources.memory is not a quantity`,
    );
  }
  const storages = Object.entries(blueprint.storages).flatMap(([name, { mountPath }]) =>
    mountPath === undefined
      ? []
      : [{ source: join(bare.place.storages, name), target: mountTarget(mountPath, home) }],
  );
  return { ...bare, hostname: hostnameOf(bare.name, blueprint), storages, limits };
};

/**
 * Makes the directories that storages are mounted on, where those lie in what the user may write: the home or another
 * storage. The sandbox is built with more rights than its user has and would follow a link, which the user may have put
 * there, to anywhere: one on the way is refused. No process of the workspace may run.
 * @throws RpcError FailedPrecondition
 */
export const makeMountPoints = async (spec: SandboxSpec, inside: InsidePaths): Promise<void> => {
  const writable = [{ source: spec.place.home, target: inside.home }, ...spec.storages];
  for (const storage of spec.storages) {
    const around = writable
      .filter(({ target }) => target !== storage.target && within(storage.target, target))
      .sort((a, b) => b.target.length - a.target.length)[0];
    if (!around) continue;
    let path = around.source;
    for (const part of storage.target.slice(around.target.length + 1).split("/")) {
      path = join(path, part);
      const found = await lstat(path).catch(() => undefined);
      if (found?.isDirectory()) continue;
      if (found) {
        throw new RpcError(
          Code.FailedPrecondition,
          `a storage cannot be mounted at ${storage.target}: not a directory`,
        );
      }
      await mkdir(path);
      if (spec.hostUid !== undefined) await lchown(path, spec.hostUid, spec.hostUid);
    }
  }
};
