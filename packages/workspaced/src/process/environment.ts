import type { WorkspacedConfig } from "@k8shell/contract";
import { ownerVariable, type ProcessOwners } from "./owner.ts";

export type Environment = Record<string, string>;

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What makes up the environment of a child. */
export interface EnvironmentOptions {
  config: WorkspacedConfig;
  owners: ProcessOwners;
  /** Variables of the credential helpers. */
  credentials: Environment;
  /** Directory with the workspace tools, put first in PATH; undefined when there is none. */
  toolsDir: string | undefined;
  /** PATH of the daemon itself. */
  path: string | undefined;
}

/** Builds environments. `thing` says what the child belongs to, e.g. `shell:ws-1`; `extra` holds `K=V` of a request. */
export type MakeEnvironment = (thing: string, extra?: readonly string[]) => Environment;

/** Splits `K=V` strings; entries without a name, or with a NUL that would cut the list short, are left out. */
export const parseAssignments = (assignments: readonly string[]): Environment => {
  const parsed: Environment = {};
  for (const assignment of assignments) {
    const at = assignment.indexOf("=");
    if (at < 1 || assignment.includes("\0")) continue;
    parsed[assignment.slice(0, at)] = assignment.slice(at + 1);
  }
  return parsed;
};

/**
 * The environment of shells, execs and apps: a minimal base, the blueprint's variables, the credential helpers, then
 * the request's. HOME is forced (grpc-behaviour section 4), and so is the mark that tells whose process it is.
 */
export const createEnvironment = ({
  config,
  owners,
  credentials,
  toolsDir,
  path,
}: EnvironmentOptions): MakeEnvironment => {
  const base: Environment = {
    PATH: path || defaultPath,
    USER: config.username,
    LOGNAME: config.username,
    SHELL: config.shell || "/bin/sh",
    LANG: "C.UTF-8",
    K8SHELL_USERNAME: config.username,
    K8SHELL_WORKSPACE: config.workspace,
    ...config.env,
  };
  if (toolsDir !== undefined) {
    base.PATH = `${toolsDir}:${base.PATH}`;
    base.K8SHELL_TOOLS = toolsDir;
  }
  return (thing, extra = []) => ({
    ...base,
    ...credentials,
    ...parseAssignments(extra),
    HOME: config.home,
    [ownerVariable]: owners.mark(thing),
  });
};
