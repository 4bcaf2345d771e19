import { join } from "node:path";
import type { WorkspacedConfig } from "@k8shell/contract";
import { AppService, SshService, SystemService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { type BlockMethod, register, type ServiceRegistration } from "@k8shell/rpc";
import { serveSftp } from "@k8shell/sftp";
import { createAppManager } from "./apps/app-manager.ts";
import { createAppMethods } from "./apps/app-service.ts";
import { credentialEnvironment, installTools } from "./credentials/credential-environment.ts";
import { createCommandBlocks } from "./exec/command-blocks.ts";
import { createExecBlocks } from "./exec/exec-blocks.ts";
import { createExecMethod } from "./exec/exec-service.ts";
import { createRecentIds } from "./exec/recent-ids.ts";
import { createUnfinishedUploads } from "./exec/unfinished-uploads.ts";
import { createPortForwardMethod } from "./forward/port-forward.ts";
import { createPortForwardBlocks } from "./forward/port-forward-blocks.ts";
import { startInitScripts } from "./init/init-scripts.ts";
import { readInstance } from "./instance.ts";
import { createDaemonLog } from "./logs/daemon-log.ts";
import { createLogRing } from "./logs/log-ring.ts";
import { createLogMethods } from "./logs/logs-service.ts";
import { createEnvironment } from "./process/environment.ts";
import { createProcessOwners } from "./process/owner.ts";
import { createPipeMaker } from "./process/pipes.ts";
import { createShellManager } from "./shell/shell-manager.ts";
import { createShellBlocks, createShellMethods } from "./shell/shell-service.ts";
import { createSystemInfo } from "./system/system-info.ts";
import { createSystemMethods } from "./system/system-service.ts";
import { createUnixSocketMethod } from "./unix-socket/unix-socket.ts";

/** How long an exec id stays taken after its end, milliseconds (grpc-behaviour section 4: about one minute). */
const execIdMemoryMs = 60_000;

/** What the daemon is made of. */
export interface DaemonOptions {
  config: WorkspacedConfig;
  /** Takes the lines of the daemon's log, JSON each. */
  writeLog: (line: string) => void;
  /** Short commit id of the build (default `dev`). */
  commit?: string;
  /** Directory of the bundled workspace tools; left out, workspaces have none. */
  toolsDir?: string;
  /** How often detached shells are checked for their age, milliseconds (default one minute). */
  sweepIntervalMs?: number;
}

/** A running daemon, not yet reachable: its services wait to be served over some channel. */
export interface Daemon {
  readonly registrations: readonly ServiceRegistration[];
  readonly blocks: readonly BlockMethod[];
  /** Ends apps, shells and every process they started; takes at most five seconds. */
  close(): Promise<void>;
}

/** Starts the daemon of one workspace. */
export const createDaemon = async (options: DaemonOptions): Promise<Daemon> => {
  const { config } = options;
  const ring = createLogRing();
  const log = createDaemonLog(ring, options.writeLog);
  const owners = createProcessOwners(readInstance(config.stateDir));
  // A daemon that was killed could not end its children: they hold ports and terminals the new ones need.
  if (!(await owners.terminate({ signal: "SIGTERM", graceMs: 1000 }))) {
    log("daemon").warn({}, "processes of an earlier daemon could not be ended");
  }
  const { toolsDir } = options;
  const tools =
    toolsDir === undefined
      ? undefined
      : installTools({ stateDir: config.stateDir, node: process.execPath, bundleBin: toolsDir });
  const environment = createEnvironment({
    config,
    owners,
    credentials: credentialEnvironment(config, tools),
    toolsDir: tools?.directory,
    path: process.env.PATH,
  });
  const makePipe = createPipeMaker(join(config.stateDir, "pipes"));
  const initScripts = startInitScripts({ config, environment, log: log("init") });
  const shells = createShellManager({
    config,
    environment,
    owners,
    makePipe,
    initScripts: initScripts.status,
    log: log("shell"),
    sweepIntervalMs: options.sweepIntervalMs,
  });
  const { lendingShell, ...shellMethods } = createShellMethods({ config, shells });
  const sftpLog = log("sftp");
  const execLog = log("exec");
  const temporaries = await createUnfinishedUploads(join(config.stateDir, "uploads"), sftpLog);
  const execIds = createRecentIds(execIdMemoryMs, Date.now);
  const { exec, blockExec } = createExecMethod({
    ids: execIds,
    config,
    environment,
    owners,
    makePipe,
    runSftp: (input) => serveSftp({ input, home: config.home, log: sftpLog, temporaries }),
    log: execLog,
  });
  const info = createSystemInfo({
    config,
    pids: () => owners.find(),
    users: () => shells.registry.attachedCount(),
    log: log("system"),
  });

  const apps = config.enableApps
    ? createAppManager({ config, environment, owners, makePipe, log: log("apps") })
    : undefined;

  return {
    blocks: [
      createShellBlocks(lendingShell),
      createPortForwardBlocks(),
      createExecBlocks({
        username: config.username,
        ids: execIds,
        log: execLog,
        runSftp: (input, memory) =>
          serveSftp({ input, home: config.home, log: sftpLog, memory, temporaries }),
        commands: createCommandBlocks(blockExec),
      }),
    ],
    registrations: [
      register(SystemService, {
        ...createSystemMethods({ info, commit: options.commit ?? "dev" }),
        ...createLogMethods({ ring }),
      }),
      register(SshService, {
        ...shellMethods,
        exec,
        ...createPortForwardMethod(),
        ...createUnixSocketMethod(),
      }),
      register(AppService, createAppMethods(apps)),
    ],
    async close() {
      info.close();
      initScripts.close();
      await Promise.all([shells.close(), apps?.close()]);
      await owners.terminate({ signal: "SIGTERM", graceMs: 500 });
    },
  };
};
