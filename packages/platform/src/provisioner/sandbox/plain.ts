import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { daemonFlags, type Tools } from "./bubblewrap-args.ts";
import { type Cgroups, removeCgroups } from "./cgroups.ts";
import { instanceVariable } from "./instance-variable.ts";
import { launchDetached, runToEnd } from "./launch.ts";
import { bootId, findProcesses, identify, isAlive, sendSignal, waitUntil } from "./processes.ts";
import type { InsidePaths, RunningSandbox, Runtime, Sandbox, SandboxExit, SandboxSpec } from "./types.ts";
import { watchForEnd } from "./watch-for-end.ts";

export interface PlainDeps {
  readonly tools: Tools;
  readonly cgroups: Cgroups | undefined;
  /** The server can give each workspace a user of its own, so none may run without. */
  readonly ownUsers: boolean;
}

const insidePlain = (spec: SandboxSpec, tools: Tools): InsidePaths => ({
  home: spec.place.home,
  config: spec.place.config,
  socket: spec.place.socket,
  state: spec.place.state,
  bin: join(spec.place.config, "bin"),
  node: tools.node,
  entry: join(tools.dist, tools.entry),
});

const basicPath = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

/** Finds the processes of a workspace by the mark they inherited, and by user where it has one of its own. */
const processesOf = (instance: string, hostUid: number | undefined): number[] =>
  findProcesses(`${instanceVariable}=${instance}`, hostUid);

const killProcesses = async (instance: string, hostUid: number | undefined): Promise<void> => {
  const ended = await waitUntil(() => {
    const left = processesOf(instance, hostUid);
    // Stopped first, so that none can start another between the look and the kill.
    for (const pid of left) sendSignal(pid, "SIGSTOP");
    for (const pid of left) sendSignal(pid, "SIGKILL");
    return left.length === 0;
  }, 10_000);
  if (!ended) throw new Error("the processes of the workspace do not end");
};

const stopProcesses = async (
  runtime: Runtime,
  instance: string,
  hostUid: number | undefined,
  graceMs: number,
): Promise<void> => {
  if (isAlive(runtime.leader)) {
    sendSignal(runtime.leader.pid, "SIGTERM");
    await waitUntil(() => !isAlive(runtime.leader), graceMs);
  }
  await killProcesses(instance, hostUid);
  await removeCgroups(runtime.cgroups);
};

/** A workspace that runs as plain processes, started by this server or a former one. */
export const runningPlainly = (
  runtime: Runtime,
  spec: { instance: string; hostUid?: number | undefined },
  exited?: Promise<SandboxExit>,
): RunningSandbox => ({
  runtime,
  alive: () => isAlive(runtime.leader),
  exited: exited ?? watchForEnd(() => isAlive(runtime.leader)),
  stop: (graceMs) => stopProcesses(runtime, spec.instance, spec.hostUid, graceMs),
});

/** Node and the tools by name, in a directory that comes first in PATH. The tools expect node where sandboxes have it. */
const makeBin = async (directory: string, tools: Tools): Promise<void> => {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o755);
  await symlink(tools.node, join(directory, "node"));
  for (const { name, path } of tools.bin) {
    const wrapper = join(directory, name);
    await writeFile(wrapper, `#!/bin/sh\nexec '${tools.node}' '${path}' "$@"\n`);
    await chmod(wrapper, 0o755);
  }
};

/**
 * Runs workspaces as plain processes: with a user of their own where the server is root, and otherwise with no
 * protection of one workspace from another.
 */
export const createPlainSandbox = ({ tools, cgroups, ownUsers }: PlainDeps): Sandbox => ({
  mode: "plain",
  inside: (spec) => insidePlain(spec, tools),

  async start(spec, notes) {
    const inside = insidePlain(spec, tools);
    if (ownUsers && spec.hostUid === undefined) throw new Error("the workspace has no machine user");
    await makeBin(inside.bin, tools);
    const groups = cgroups?.make(spec.instance, spec.limits) ?? [];
    const limited = spec.limits.memoryBytes !== undefined || spec.limits.cpuMillicores !== undefined;
    if (limited && groups.length === 0) {
      notes("CPU and memory limits are not enforced: control groups are not available to the server");
    }
    for (const { target } of spec.storages) {
      if (!target.startsWith(`${inside.home}/`)) notes(`storage ${target} is left out: it needs bubblewrap`);
    }
    const paths = groups.map(({ source }) => source);
    try {
      const started = await launchDetached(
        {
          file: tools.node,
          args: [...daemonFlags, inside.entry, "--config", join(inside.config, "workspaced.json")],
          env: {
            PATH: `${inside.bin}:${basicPath}`,
            HOME: inside.home,
            LANG: "C.UTF-8",
            [instanceVariable]: spec.instance,
            K8SHELL_WORKSPACE: spec.name,
          },
          cwd: inside.home,
          uid: spec.hostUid,
        },
        spec.place.log,
      );
      // Nothing was started by the daemon yet: it is still being loaded.
      for (const path of paths)
        await writeFile(join(path, "cgroup.procs"), String(started.pid)).catch(() => undefined);
      const leader = identify(started.pid);
      if (!leader) throw new Error("the workspace daemon ended at once");
      return runningPlainly(
        { mode: "plain", bootId: bootId(), leader, cgroups: paths },
        spec,
        started.exited.then((code) => ({ code })),
      );
    } catch (error) {
      await removeCgroups(paths);
      throw error;
    }
  },

  async runOnce(spec, [file = "", ...args], { env, ...options }) {
    if (ownUsers && spec.hostUid === undefined) throw new Error("the workspace has no machine user");
    return runToEnd(
      {
        file,
        args,
        cwd: spec.place.home,
        uid: spec.hostUid,
        env: {
          PATH: basicPath,
          LANG: "C.UTF-8",
          HOME: spec.place.home,
          [instanceVariable]: spec.instance,
          ...env,
        },
        // The user's own settings may have had it start something in the background, and the server is about to work
        // on the user's files with its own rights.
        afterExit: () => killProcesses(spec.instance, spec.hostUid),
      },
      options,
    );
  },
});
