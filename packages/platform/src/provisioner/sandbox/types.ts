import { z } from "zod";
import type { WorkspacePlace } from "./place.ts";

/** A process named so that its number cannot be mistaken for a later one's. */
export const processIdSchema = z.object({
  pid: z.int().positive(),
  /** Start time in clock ticks since boot, field 22 of /proc/<pid>/stat. */
  start: z.string(),
});
export type ProcessId = z.output<typeof processIdSchema>;

/** What is remembered of a running workspace, enough to find and end it after a restart of the server. */
export const runtimeSchema = z.object({
  mode: z.enum(["bubblewrap", "plain"]),
  /** The machine's boot: processes of another boot are gone. */
  bootId: z.string(),
  /** The process whose end is the end of the workspace: the first of its pid namespace, or the daemon. */
  leader: processIdSchema,
  /** Control group directories made for it. */
  cgroups: z.array(z.string()),
});
export type Runtime = z.output<typeof runtimeSchema>;

/** Whom a workspace runs as, as seen inside. */
export interface SandboxUser {
  readonly username: string;
  readonly uid: number;
  readonly gid: number;
  readonly fullname: string;
  readonly shell: string;
}

/** Everything about one workspace that its sandbox depends on. */
export interface SandboxSpec {
  readonly name: string;
  /** Unique to this workspace on this machine. */
  readonly instance: string;
  readonly hostname: string;
  readonly user: SandboxUser;
  /** The user and group id of the workspace on this machine; absent when the server cannot change ids. */
  readonly hostUid?: number | undefined;
  readonly place: WorkspacePlace;
  /** Further persistent directories: host path and path inside. */
  readonly storages: ReadonlyArray<{ readonly source: string; readonly target: string }>;
  readonly limits: { readonly cpuMillicores?: number | undefined; readonly memoryBytes?: number | undefined };
}

/** Where things are inside a workspace. */
export interface InsidePaths {
  readonly home: string;
  /** Directory of the daemon's configuration, readable only. */
  readonly config: string;
  readonly socket: string;
  readonly state: string;
  /** Directory of node and the tools, first in PATH. */
  readonly bin: string;
  readonly node: string;
  /** The daemon's program. */
  readonly entry: string;
}

/** How a workspace ended. */
export interface SandboxExit {
  /** Exit code of the daemon; undefined when it is not known. */
  readonly code?: number | undefined;
}

/** A workspace that runs. */
export interface RunningSandbox {
  readonly runtime: Runtime;
  alive(): boolean;
  readonly exited: Promise<SandboxExit>;
  /** Asks the daemon to end, then ends every process of the workspace. Resolves when none is left. */
  stop(graceMs: number): Promise<void>;
}

export interface OnceResult {
  /** Undefined when the command was killed. */
  readonly code: number | undefined;
  readonly stdout: string;
}

/** A way to keep workspaces apart. */
export interface Sandbox {
  readonly mode: "bubblewrap" | "plain";
  inside(spec: SandboxSpec): InsidePaths;
  /** Starts the daemon detached from the server. Resolves when its processes exist, not when it answers. */
  start(spec: SandboxSpec, notes: (text: string) => void): Promise<RunningSandbox>;
  /** Runs one command as the workspace's user, in its home, with nothing but `env`; it ends with the server. */
  runOnce(
    spec: SandboxSpec,
    command: readonly string[],
    options: {
      env: Readonly<Record<string, string>>;
      signal: AbortSignal;
      onStderr?: (text: string) => void;
      /** Most bytes of output kept (default 1 MiB). */
      maxOutput?: number;
    },
  ): Promise<OnceResult>;
}
