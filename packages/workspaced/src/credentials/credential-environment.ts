import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { WorkspacedConfig } from "@k8shell/contract";
import type { Environment } from "../process/environment.ts";

/** The workspace tools, made runnable. */
export interface Tools {
  /** Directory of commands for PATH. */
  directory: string;
  /** The command line of one tool, quoted for a shell. */
  command(tool: string): string;
}

const toolNames = ["git-credential-k8shell", "docker-credential-k8shell", "k8shell-kube-credential"];

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Writes one small command per tool into the state directory. They name node and the tool by full path, so they work
 * wherever the launcher put the bundle.
 * @param bundleBin the tools of the bundle
 * @returns undefined when the bundle has none, as when the daemon runs from source
 */
export const installTools = (options: {
  stateDir: string;
  node: string;
  bundleBin: string;
}): Tools | undefined => {
  const { stateDir, node, bundleBin } = options;
  if (!toolNames.every((tool) => existsSync(join(bundleBin, tool)))) return undefined;
  const directory = join(stateDir, "bin");
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const command = (tool: string) => `${quote(node)} ${quote(join(bundleBin, tool))}`;
  for (const tool of toolNames) {
    writeFileSync(join(directory, tool), `#!/bin/sh\nexec ${command(tool)} "$@"\n`, { mode: 0o755 });
  }
  return { directory, command };
};

/** Makes git ask the helper, through variables only: nothing of the user's configuration is touched. */
const gitVariables = (env: Environment, tools: Tools): Environment => {
  const known = Number.parseInt(env.GIT_CONFIG_COUNT ?? "0", 10);
  const count = Number.isInteger(known) && known > 0 ? known : 0;
  return {
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: "credential.helper",
    [`GIT_CONFIG_VALUE_${count}`]: `!${tools.command("git-credential-k8shell")}`,
  };
};

/** Points docker at a configuration of ours, unless the user has one. */
const dockerVariables = (config: WorkspacedConfig): Environment => {
  if (config.env.DOCKER_CONFIG !== undefined || existsSync(join(config.home, ".docker", "config.json")))
    return {};
  const directory = join(config.stateDir, "docker");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, "config.json");
  // Kept when it exists: docker itself writes the user's other settings there.
  if (!existsSync(file)) writeFileSync(file, '{ "credsStore": "k8shell" }\n', { mode: 0o600 });
  return { DOCKER_CONFIG: directory };
};

/**
 * Variables that make git and docker get their credentials from the API (rest-contract 4.5), so that no secret is on
 * disk in the workspace. Empty when the workspace has no access to the API.
 */
export const credentialEnvironment = (config: WorkspacedConfig, tools: Tools | undefined): Environment => {
  const { K8SHELL_PAT_TOKEN: token, K8SHELL_API: api } = config.env;
  if (tools === undefined || !token || !api) return {};
  return { ...gitVariables(config.env, tools), ...dockerVariables(config) };
};
