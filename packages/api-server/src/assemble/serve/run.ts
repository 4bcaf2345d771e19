import { readFileSync } from "node:fs";
import type { Logger } from "pino";
import { UsageError } from "../../cli-arguments.ts";
import { defaultConfig, loadConfig } from "../../config/config.ts";
import { closeInheritedDescriptors } from "../../inherited-descriptors.ts";
import { leave } from "../../leave.ts";
import { defaultDataDir, productPaths } from "../paths.ts";
import type { ServeArguments } from "./arguments.ts";
import type { RunningService } from "./service.ts";

/** Becomes the workspace daemon's own program. @throws UsageError */
const runWorkspaced = ({ config, listen, tls, tokenFiles, logText }: ServeArguments): never => {
  if (config === undefined)
    throw new UsageError("serve workspaced needs --config FILE, the daemon's own JSON");
  if (tokenFiles.length > 1) throw new UsageError("serve workspaced takes one --token-file");
  if (logText) throw new UsageError("serve workspaced has no --logtext: its log is JSON");
  const [tokenFile] = tokenFiles;
  const entry = productPaths().daemonEntry;
  readFileSync(entry);
  const args = [
    ...["--config", config],
    ...(listen === undefined ? [] : ["--listen", listen]),
    ...(tls === undefined ? [] : ["--tls-cert", tls.certFile, "--tls-key", tls.keyFile]),
    ...(tokenFile === undefined ? [] : ["--token-file", tokenFile]),
  ];
  if (process.execve === undefined) throw new Error("this platform cannot replace a process");
  process.execve(process.execPath, [process.execPath, entry, ...args], { ...process.env });
  throw new Error("the daemon's program could not be started");
};

/** Runs `k8shell serve` until a signal ends it. @throws UsageError, ConfigError */
export const runServe = async (
  args: ServeArguments,
  log: Logger,
  say: (text: string) => void,
): Promise<void> => {
  const { service, listen } = args;
  if (service === "workspaced" || listen === undefined) return runWorkspaced(args);
  const config = args.config === undefined ? defaultConfig() : loadConfig(args.config, process.env);
  // The configuration may have come through one of them.
  closeInheritedDescriptors();
  const { startService } = await import("./service.ts");
  const running: RunningService = await startService({
    service,
    listen,
    dataDir: args.data ?? defaultDataDir(process.env),
    config,
    tls: args.tls,
    tokenFiles: args.tokenFiles,
    serviceAccounts: args.serviceAccounts,
    advertise: args.advertise,
    stopWorkspaces: args.stopWorkspaces,
    log,
  });
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "stopping");
    // Whatever hangs must not keep the process.
    setTimeout(() => leave(1), ((config.http.shutdownGraceSeconds ?? 10) + 15) * 1000).unref();
    void running.close().then(() => leave(0));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  for (const [name, value] of running.notes) say(`${name}: ${value}`);
  say(`${service} listening on ${running.address}`);
};
