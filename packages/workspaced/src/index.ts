export { ConfigError } from "./config/fields.ts";
export { parseConfig, readConfig } from "./config/read-config.ts";
export { createDaemon, type Daemon, type DaemonOptions } from "./daemon.ts";
export { serveDaemon } from "./serve.ts";
export { createShellSession, type ShellSession } from "./shell/shell-session.ts";
