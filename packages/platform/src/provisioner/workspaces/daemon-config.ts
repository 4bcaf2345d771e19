import type { Blueprint, WorkspacedApp, WorkspacedConfig } from "@k8shell/contract";
import { cpuMillicores, quantityBytes } from "../quantity.ts";
import { instanceVariable } from "../sandbox/instance-variable.ts";
import type { InsidePaths, SandboxSpec } from "../sandbox/types.ts";

const mebibyte = 1024 * 1024;
const systemPath = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games:/usr/local/sbin:/usr/sbin:/sbin";
const detachTimeoutSeconds = 1800;

const appsOf = (blueprint: Blueprint): WorkspacedApp[] =>
  Object.entries(blueprint.apps).map(([key, app]) => ({
    name: app.name ?? key,
    enabled: app.enabled,
    binary: app.binary,
    versionCmd: app.versionCmd,
    versionRegex: app.versionRegex,
    install: app.install,
    start: app.start,
    listen: app.listen,
    restartPolicy: app.restartPolicy,
    maxRestartBackoff: app.maxRestartBackoff,
    autoStart: app.autoStart,
    protocol: app.protocol,
  }));

/** What the daemon of a workspace is told. */
export const daemonConfig = (options: {
  spec: SandboxSpec;
  inside: InsidePaths;
  blueprint: Blueprint;
  /** Variables set for the user and their organization. */
  userEnv: Readonly<Record<string, string>>;
  /** Base URL of the API. */
  apiUrl: string;
  accessToken: string;
  repository: string | undefined;
}): WorkspacedConfig => {
  const { spec, inside, blueprint, userEnv, apiUrl, accessToken, repository } = options;
  const chosen: Record<string, string> = { ...blueprint.env, ...userEnv };
  const sizes = spec.storages.flatMap(({ target }): Array<[string, number]> => {
    const storage = Object.values(blueprint.storages).find(
      ({ mountPath = "" }) => mountPath.replace(/^~/, inside.home) === target,
    );
    const bytes = quantityBytes(storage?.size);
    return bytes === undefined ? [] : [[target, bytes]];
  });
  const cpu = cpuMillicores(blueprint.resources.cpu);
  const memory = quantityBytes(blueprint.resources.memory);
  return {
    workspace: spec.name,
    listen: `unix:${inside.socket}`,
    tokenFile: `${inside.config}/token`,
    username: spec.user.username,
    home: inside.home,
    shell: spec.user.shell,
    hostname: spec.hostname,
    env: {
      ...chosen,
      PATH: `${inside.home}/.local/bin:${inside.bin}:${chosen.PATH ?? systemPath}`,
      K8SHELL_API: apiUrl,
      K8SHELL_USERNAME: spec.user.username,
      K8SHELL_WORKSPACE: spec.name,
      [instanceVariable]: spec.instance,
      K8SHELL_PAT_TOKEN: accessToken,
    },
    splash: blueprint.splash,
    initScripts: blueprint.initScripts.map(({ name, script }) => ({ name, script })),
    showInitScriptStatus: blueprint.showInitScriptStatus,
    shells: { allowSessionDetach: true, detachTimeoutSeconds },
    ignoreOrphans: blueprint.k8shelld?.ignoreOrphans ?? false,
    enableApps: blueprint.enableApps,
    apps: blueprint.enableApps ? appsOf(blueprint) : [],
    stateDir: inside.state,
    declaredSizes: Object.fromEntries(sizes),
    limits: {
      cpuMillicores: cpu,
      memoryMiB: memory === undefined ? undefined : Math.round(memory / mebibyte),
    },
    repository,
  };
};
