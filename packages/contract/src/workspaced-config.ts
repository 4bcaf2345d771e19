/** An app of a blueprint (rest-contract 2.10, AppSpec). Shell text runs with `sh -c` as the workspace user. */
export interface WorkspacedApp {
  name: string;
  enabled: boolean;
  /** The executable whose presence means "installed"; absolute, `~/…`, or looked up in PATH. Empty: always installed. */
  binary: string;
  /** Prints the version; `versionRegex`'s first group (or whole match) is reported. */
  versionCmd?: string;
  versionRegex?: string;
  /** Install script. Empty: nothing to install. */
  install?: string;
  /** Command and arguments. `${PORT}`-style variables are not expanded: use the environment. */
  start: string[];
  /** Port the app listens on. 0: none. */
  listen: number;
  restartPolicy: "always" | "on-failure" | "never";
  /** Longest back-off between restarts, seconds (default 300). */
  maxRestartBackoff?: number;
  autoStart: boolean;
  protocol: string;
}

/**
 * What `workspaced --config FILE` reads: a JSON file written by whoever launches a workspace. Paths are as seen by
 * the daemon, that is inside its sandbox.
 */
export interface WorkspacedConfig {
  /** Canonical id, e.g. `alice-59936c3`. */
  workspace: string;
  /** Unix socket to serve gRPC on, or `host:port`. */
  listen: string;
  /** File with the bearer token every call must carry. Absent: no check. */
  tokenFile?: string;
  username: string;
  home: string;
  shell: string;
  hostname: string;
  /** Environment of every shell, exec and app, over a minimal base (PATH, HOME, USER, LANG, TERM). */
  env: Record<string, string>;
  /** Text shown at the top of every new shell. */
  splash?: string;
  /** Run once per workspace start, in order, before the workspace counts as ready for shells to report on. */
  initScripts: Array<{ name: string; script: string }>;
  showInitScriptStatus: boolean;
  shells: {
    allowSessionDetach: boolean;
    /** Seconds a detached shell lives (default 1800); 0 for ever. */
    detachTimeoutSeconds: number;
  };
  /** false: processes that outlive their shell or exec are ended. */
  ignoreOrphans: boolean;
  enableApps: boolean;
  apps: WorkspacedApp[];
  /** Where the daemon may keep logs and app state; created when missing. */
  stateDir: string;
  /** Declared sizes of storages in bytes by mount point, for SystemInfo. */
  declaredSizes?: Record<string, number>;
  /** Limits to report in SystemInfo when no cgroup tells: millicores and MiB. */
  limits?: { cpuMillicores?: number; memoryMiB?: number };
  /** `owner/name` of the cloned repository, reported in SystemInfo. */
  repository?: string;
}
