import { lstat, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import {
  becomeUser,
  bubblewrapArguments,
  daemonFlags,
  type HostView,
  insideBubblewrap,
  sharedEtc,
  type Tools,
} from "./bubblewrap-args.ts";
import { type CgroupMount, type Cgroups, removeCgroups } from "./cgroups.ts";
import { instanceVariable } from "./instance-variable.ts";
import { launchDetached, runToEnd } from "./launch.ts";
import { bootId, childrenOf, identify, isAlive, sendSignal, waitUntil } from "./processes.ts";
import type { RunningSandbox, Runtime, Sandbox, SandboxExit, SandboxSpec } from "./types.ts";
import { watchForEnd } from "./watch-for-end.ts";

/**
 * How bubblewrap gives a workspace its ids.
 * - `mapped`: the server is root; the workspace gets an id of its own on the machine and sees the user's ids
 * - `own`: the same, but the kernel refuses the further user namespace: it sees its id on the machine
 * - `shared`: the server is not root; every workspace is the server's user outside and sees the user's ids
 */
export type IdentityMode = "mapped" | "own" | "shared";

export interface BubblewrapDeps {
  /** The bubblewrap binary. */
  readonly file: string;
  readonly identity: IdentityMode;
  readonly view: HostView;
  readonly tools: Tools;
  readonly cgroups: Cgroups | undefined;
}

const topLevel = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store"];

/**
 * Looks at this machine's directories.
 * @param hidden directories of the server; those below a system directory are covered
 */
export const lookAtHost = async (hidden: readonly string[]): Promise<HostView> => {
  const system: Array<{ path: string; link?: string }> = [];
  for (const path of topLevel) {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isSymbolicLink()) system.push({ path, link: await readlink(path) });
    else if (found?.isDirectory()) system.push({ path });
  }
  const etc: string[] = [];
  for (const name of sharedEtc) if (await lstat(join("/etc", name)).catch(() => undefined)) etc.push(name);
  const real = await Promise.all(hidden.map((path) => realpath(path).catch(() => path)));
  const covered = real.filter((path) => system.some(({ path: top }) => path.startsWith(`${top}/`)));
  return { system, etc, hidden: covered };
};

const childPid = (info: string): number | undefined => {
  const pid = Number(/"child-pid":\s*(\d+)/.exec(info)?.[1]);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
};

/** What surrounds bubblewrap itself; the workspace's own environment is in the daemon's configuration. */
const outerEnvironment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
};

/**
 * Ends a workspace by its pid namespace: the daemon is asked, then the namespace's first process is killed, and the
 * kernel ends every other one with it.
 */
const stopNamespace = async (runtime: Runtime, graceMs: number): Promise<void> => {
  const ended = () => !isAlive(runtime.leader);
  if (!ended()) {
    for (const pid of childrenOf(runtime.leader.pid)) sendSignal(pid, "SIGTERM");
    if (!(await waitUntil(ended, graceMs))) {
      if (isAlive(runtime.leader)) sendSignal(runtime.leader.pid, "SIGKILL");
      if (!(await waitUntil(ended, 10_000))) throw new Error("the processes of the workspace do not end");
    }
  }
  await removeCgroups(runtime.cgroups);
};

/** A workspace that runs under bubblewrap, started by this server or a former one. */
export const runningUnderBubblewrap = (runtime: Runtime, exited?: Promise<SandboxExit>): RunningSandbox => ({
  runtime,
  alive: () => isAlive(runtime.leader),
  exited: exited ?? watchForEnd(() => isAlive(runtime.leader)),
  stop: (graceMs) => stopNamespace(runtime, graceMs),
});

/** Keeps workspaces apart with bubblewrap. */
export const createBubblewrapSandbox = (deps: BubblewrapDeps): Sandbox => {
  const { file, identity, view, tools, cgroups } = deps;

  const prepare = (
    spec: SandboxSpec,
    command: readonly string[],
    groups: readonly CgroupMount[],
    lifetime: "detached" | "server",
  ) => {
    const { uid, gid } = spec.user;
    // Without a user to become, the workspace would be root.
    if (identity !== "shared" && spec.hostUid === undefined)
      throw new Error("the workspace has no machine user");
    const args = bubblewrapArguments({
      spec,
      view,
      tools,
      cgroups: groups,
      identity: identity === "shared" ? { uid, gid } : undefined,
      lifetime,
    });
    const become =
      identity === "shared" || spec.hostUid === undefined
        ? []
        : becomeUser({ hostUid: spec.hostUid, inner: identity === "mapped" ? { uid, gid } : undefined });
    return { input: args.map((argument) => `${argument}\0`).join(""), command: [...become, ...command] };
  };

  return {
    mode: "bubblewrap",
    inside: (spec) => insideBubblewrap(spec, tools),

    async start(spec, notes) {
      const groups = cgroups?.make(spec.instance, spec.limits) ?? [];
      if (spec.limits.memoryBytes !== undefined && !cgroups?.memory) {
        notes("the memory limit is not enforced: control groups are not available to the server");
      }
      if (spec.limits.cpuMillicores !== undefined && !cgroups?.cpu) {
        notes("the CPU limit is not enforced: control groups are not available to the server");
      }
      const inside = insideBubblewrap(spec, tools);
      const daemon = [
        inside.node,
        ...daemonFlags,
        inside.entry,
        "--config",
        `${inside.config}/workspaced.json`,
      ];
      const { input, command } = prepare(spec, daemon, groups, "detached");
      const paths = groups.map(({ source }) => source);
      try {
        const started = await launchDetached(
          {
            file,
            // The arguments go through a descriptor: the workspace can read its first process's command line.
            args: ["--info-fd", "4", "--args", "3", "--", ...command],
            env: { ...outerEnvironment, [instanceVariable]: spec.instance },
            input,
            cgroups: paths,
          },
          spec.place.log,
        );
        const pid = childPid(await started.info);
        const leader = pid === undefined ? undefined : identify(pid);
        if (!leader) throw new Error("the sandbox could not be made");
        const runtime: Runtime = { mode: "bubblewrap", bootId: bootId(), leader, cgroups: paths };
        return runningUnderBubblewrap(
          runtime,
          started.exited.then((code) => ({ code })),
        );
      } catch (error) {
        await removeCgroups(paths);
        throw error;
      }
    },

    runOnce(spec, command, { env, ...options }) {
      const { input, command: full } = prepare(spec, command, [], "server");
      return runToEnd(
        { file, args: ["--args", "3", "--", ...full], env: { ...outerEnvironment, ...env }, input },
        options,
      );
    },
  };
};
