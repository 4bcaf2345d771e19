import { readFileSync } from "node:fs";
import type { WorkspacedApp, WorkspacedConfig } from "@k8shell/contract";
import {
  absolutePath,
  amount,
  boolean,
  type Check,
  ConfigError,
  listOf,
  mapOf,
  nonEmpty,
  object,
  oneOf,
  optional,
  port,
  string,
  withDefault,
} from "./fields.ts";

const app: Check<WorkspacedApp> = (value, where) => {
  const fields = object(value, where);
  const name = nonEmpty(fields.name, `${where}.name`);
  // The name becomes a directory of the state directory.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) {
    throw new ConfigError(
      `${where}.name may hold letters, digits, ".", "_" and "-", and starts with a letter or digit`,
    );
  }
  return {
    name,
    enabled: withDefault(boolean, true)(fields.enabled, `${where}.enabled`),
    binary: withDefault(string, "")(fields.binary, `${where}.binary`),
    versionCmd: optional(string)(fields.versionCmd, `${where}.versionCmd`),
    versionRegex: optional(string)(fields.versionRegex, `${where}.versionRegex`),
    install: optional(string)(fields.install, `${where}.install`),
    start: withDefault(listOf(string), [])(fields.start, `${where}.start`),
    listen: withDefault(port, 0)(fields.listen, `${where}.listen`),
    restartPolicy: withDefault(oneOf("always", "on-failure", "never"), "never")(
      fields.restartPolicy,
      `${where}.restartPolicy`,
    ),
    maxRestartBackoff: optional(amount)(fields.maxRestartBackoff, `${where}.maxRestartBackoff`),
    autoStart: withDefault(boolean, false)(fields.autoStart, `${where}.autoStart`),
    protocol: withDefault(string, "")(fields.protocol, `${where}.protocol`),
  };
};

const initScript: Check<{ name: string; script: string }> = (value, where) => {
  const fields = object(value, where);
  return { name: nonEmpty(fields.name, `${where}.name`), script: string(fields.script, `${where}.script`) };
};

const shells: Check<WorkspacedConfig["shells"]> = (value, where) => {
  const fields = object(value, where);
  return {
    allowSessionDetach: withDefault(boolean, false)(fields.allowSessionDetach, `${where}.allowSessionDetach`),
    detachTimeoutSeconds: withDefault(amount, 1800)(
      fields.detachTimeoutSeconds,
      `${where}.detachTimeoutSeconds`,
    ),
  };
};

const limits: Check<{ cpuMillicores?: number; memoryMiB?: number }> = (value, where) => {
  const fields = object(value, where);
  return {
    cpuMillicores: optional(amount)(fields.cpuMillicores, `${where}.cpuMillicores`),
    memoryMiB: optional(amount)(fields.memoryMiB, `${where}.memoryMiB`),
  };
};

/**
 * Checks a parsed configuration by hand: a schema library would cost the daemon more memory than its own code.
 * Unknown fields are ignored, so that an older daemon runs with a newer launcher.
 * @throws ConfigError naming the first field that is wrong
 */
export const parseConfig = (value: unknown): WorkspacedConfig => {
  const fields = object(value, "the configuration");
  const config: WorkspacedConfig = {
    workspace: nonEmpty(fields.workspace, "workspace"),
    listen: nonEmpty(fields.listen, "listen"),
    tokenFile: optional(absolutePath)(fields.tokenFile, "tokenFile"),
    username: nonEmpty(fields.username, "username"),
    home: absolutePath(fields.home, "home"),
    shell: withDefault(string, "")(fields.shell, "shell"),
    hostname: withDefault(string, "")(fields.hostname, "hostname"),
    env: withDefault(mapOf(string), {})(fields.env, "env"),
    splash: optional(string)(fields.splash, "splash"),
    initScripts: withDefault(listOf(initScript), [])(fields.initScripts, "initScripts"),
    showInitScriptStatus: withDefault(boolean, false)(fields.showInitScriptStatus, "showInitScriptStatus"),
    shells: withDefault(shells, shells({}, "shells"))(fields.shells, "shells"),
    ignoreOrphans: withDefault(boolean, false)(fields.ignoreOrphans, "ignoreOrphans"),
    enableApps: withDefault(boolean, false)(fields.enableApps, "enableApps"),
    apps: withDefault(listOf(app), [])(fields.apps, "apps"),
    stateDir: absolutePath(fields.stateDir, "stateDir"),
    declaredSizes: optional(mapOf(amount))(fields.declaredSizes, "declaredSizes"),
    limits: optional(limits)(fields.limits, "limits"),
    repository: optional(string)(fields.repository, "repository"),
  };
  if (new Set(config.apps.map(({ name }) => name)).size !== config.apps.length) {
    throw new ConfigError("apps must have different names");
  }
  return config;
};

/**
 * Reads the JSON file a launcher wrote.
 * @throws ConfigError when it cannot be read, is no JSON, or is wrong
 */
export const readConfig = (path: string): WorkspacedConfig => {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError(`${path} cannot be read`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`${path} is not JSON`, { cause: error });
  }
  return parseConfig(value);
};
