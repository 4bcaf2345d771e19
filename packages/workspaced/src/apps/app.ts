import { setTimeout as sleep } from "node:timers/promises";
import type { Log, WorkspacedApp } from "@k8shell/contract";
import { Code, RpcError } from "@k8shell/rpc";
import type { ProcessOwners } from "../process/owner.ts";
import type { MakeOutputPipe } from "../process/pipes.ts";
import { sendSignal } from "../process/signals.ts";
import { watchSilence } from "../process/silence.ts";
import { type PipedChild, spawnPiped } from "../process/spawn-piped.ts";
import { directoryOrRoot } from "../process/working-directory.ts";
import { formatAge } from "./age.ts";
import type { AppLog } from "./app-log.ts";
import { isInstalled, readVersion, startCommand, unknownVersion } from "./app-program.ts";
import { isListening } from "./listening.ts";
import { restartDelay } from "./restart.ts";

/**
 * What an app is doing.
 * - `idle`: nothing; whether its binary is there makes it stopped or not installed.
 * - `installing`: its install script runs.
 * - `starting`: its process is being started, or runs but does not listen on its port yet.
 * - `running`: its process runs, and listens.
 * - `waiting`: its process ended and will be started again.
 * - `stopping`: its process was told to end.
 */
type AppState = "idle" | "installing" | "starting" | "running" | "waiting" | "stopping";

/** One line of ListApps. */
export interface AppReport {
  name: string;
  status: "NOT-INSTALLED" | "INSTALLING" | "STOPPED" | "PENDING" | "RUNNING" | "INVALID";
  version: string;
  port: number;
  pid: number;
  age: string;
  restarts: number;
  protocol: string;
}

/** What an app needs. */
export interface AppDeps {
  app: WorkspacedApp;
  home: string;
  /** Environment of its processes, as of now. */
  environment: () => Record<string, string>;
  owners: ProcessOwners;
  makePipe: MakeOutputPipe;
  appLog: AppLog;
  installLog: AppLog;
  log: Log;
}

/** One app of the workspace. Its methods throw RpcError FailedPrecondition in the wrong state. */
export interface App {
  report(): AppReport;
  /** Begins an installation and returns. */
  install(force: boolean): void;
  /** Begins a start and returns. */
  start(): void;
  /**
   * Ends the app and waits for it.
   * @throws RpcError Internal when it survives SIGKILL
   */
  stop(): Promise<void>;
  /** The log of a run, or of the installation. */
  log(type: "app" | "install"): AppLog;
  /** Whether that log may still grow. */
  isActive(type: "app" | "install"): boolean;
  /** Ends whatever runs, in any state. */
  close(): Promise<void>;
}

/** SIGTERM, then SIGKILL after this, milliseconds (grpc-behaviour section 4). */
const stopGraceMs = 3000;
const listenPollMs = 200;
/** For this long what a program left in the background prints is still in the log, milliseconds. */
const lateOutputMs = 1000;

/** Creates an app, idle. */
export const createApp = (deps: AppDeps): App => {
  const { app, home, owners, log, appLog, installLog } = deps;
  const thing = `app:${app.name}`;
  let state: AppState = "idle";
  let current: PipedChild | undefined;
  let startedAt = 0;
  let restarts = 0;
  let delayMs = 0;
  let restartTimer: NodeJS.Timeout | undefined;
  let version = unknownVersion;
  let closed = false;
  /** Counts starts and stops, so that a late event of an earlier process is told from one of this. */
  let run = 0;

  const path = () => deps.environment().PATH ?? "";
  const installed = () => isInstalled(app, home, path());
  const cwd = () => directoryOrRoot(home);

  const enter = (next: AppState) => {
    state = next;
    appLog.notify();
    installLog.notify();
  };
  const refuse = (what: string) =>
    new RpcError(Code.FailedPrecondition, `app ${app.name} cannot be ${what}: it is ${report().status}`);

  const refreshVersion = () => {
    version = unknownVersion;
    if (!installed()) return;
    void readVersion(app, { env: deps.environment(), cwd: cwd() }).then((found) => {
      version = found;
    });
  };

  /** Copies a process's output to a log until it ends, or for a second after the process. */
  const record = async ({ child, stdout }: PipedChild, target: AppLog) => {
    child.on("exit", () => {
      const silence = watchSilence(lateOutputMs, () => stdout.destroy());
      stdout.on("close", silence.stop);
    });
    try {
      for await (const chunk of stdout) target.append(chunk);
    } catch {
      // Destroyed above: something left in the background still held the pipe.
    }
  };

  const exitOf = ({ child, pid }: PipedChild) =>
    new Promise<{ code: number | null; text: string }>((resolve) => {
      child.on("error", (error) => {
        if (pid === undefined) resolve({ code: 127, text: `could not be started: ${error.message}` });
      });
      child.on("exit", (code, signal) =>
        resolve({ code, text: signal === null ? `exited with code ${code}` : `ended by ${signal}` }),
      );
    });

  const watchPort = async (of: number) => {
    while (of === run && state === "starting") {
      if (app.listen === 0 || isListening(app.listen)) return enter("running");
      await sleep(listenPollMs, undefined, { ref: false });
    }
  };

  const onExit = async (of: number, exit: { code: number | null; text: string }) => {
    if (of !== run || state === "stopping") return;
    const pid = current?.pid;
    current = undefined;
    log.info({ app: app.name }, `app ${exit.text}`);
    // What the process left behind could hold its port.
    await owners.terminate({ thing, session: pid, signal: "SIGTERM", graceMs: 1000 });
    if (of !== run || closed) return;
    const delay = restartDelay(app, { code: exit.code, ranMs: Date.now() - startedAt }, delayMs);
    appLog.note(delay === undefined ? exit.text : `${exit.text}; starting again in ${delay / 1000} s`);
    if (delay === undefined) return enter("idle");
    delayMs = delay;
    enter("waiting");
    restartTimer = setTimeout(() => {
      restarts += 1;
      void launch();
    }, delay);
  };

  const launch = async () => {
    run += 1;
    const of = run;
    enter("starting");
    startedAt = Date.now();
    const command = startCommand(app, home);
    if (command === undefined) return enter("idle");
    try {
      const child = await spawnPiped({
        ...command,
        env: deps.environment(),
        cwd: cwd(),
        makePipe: deps.makePipe,
        merge: true,
      });
      child.stdin.end();
      if (of !== run) {
        if (child.pid !== undefined) sendSignal(-child.pid, "SIGKILL");
        child.child.on("error", () => {});
        return;
      }
      current = child;
      const exit = exitOf(child);
      void Promise.all([exit, record(child, appLog)]).then(([outcome]) => onExit(of, outcome));
      if (child.pid !== undefined) void watchPort(of);
    } catch (error) {
      const text = error instanceof Error ? error.message : "unknown failure";
      await onExit(of, { code: 127, text: `could not be started: ${text}` });
    }
  };

  const install = async (script: string) => {
    run += 1;
    const of = run;
    enter("installing");
    installLog.restart();
    log.info({ app: app.name }, "install started");
    let succeeded = false;
    try {
      const child = await spawnPiped({
        file: "/bin/sh",
        args: ["-c", script],
        env: deps.environment(),
        cwd: cwd(),
        makePipe: deps.makePipe,
        merge: true,
      });
      child.stdin.end();
      current = child;
      const [exit] = await Promise.all([exitOf(child), record(child, installLog)]);
      succeeded = exit.code === 0 && installed();
      if (exit.code === 0 && !succeeded)
        installLog.note(`the script succeeded, but ${app.binary} is not there`);
      else installLog.note(exit.text);
    } catch {
      installLog.note("the install script could not be started");
    }
    if (of !== run) return;
    current = undefined;
    log.info({ app: app.name, succeeded }, "install ended");
    refreshVersion();
    if (succeeded && app.autoStart && !closed) {
      appLog.restart();
      restarts = 0;
      delayMs = 0;
      await launch();
    } else enter("idle");
  };

  const end = async (): Promise<boolean> => {
    run += 1;
    clearTimeout(restartTimer);
    const child = current;
    current = undefined;
    if (child?.pid !== undefined) sendSignal(-child.pid, "SIGTERM");
    return owners.terminate({ thing, session: child?.pid, signal: "SIGTERM", graceMs: stopGraceMs });
  };

  const status = (): AppReport["status"] => {
    switch (state) {
      case "installing":
        return "INSTALLING";
      case "starting":
      case "waiting":
        return "PENDING";
      case "running":
      case "stopping":
        return "RUNNING";
      default:
        if (startCommand(app, home) === undefined) return "INVALID";
        return installed() ? "STOPPED" : "NOT-INSTALLED";
    }
  };

  const report = (): AppReport => {
    const alive = state === "starting" || state === "running" || state === "stopping";
    return {
      name: app.name,
      status: status(),
      version,
      port: app.listen,
      pid: alive ? (current?.pid ?? 0) : 0,
      age: alive ? formatAge(Date.now() - startedAt) : "",
      restarts,
      protocol: app.protocol,
    };
  };

  refreshVersion();
  return {
    report,
    install(force) {
      if (state !== "idle") throw refuse("installed");
      if (!app.install) throw new RpcError(Code.FailedPrecondition, `app ${app.name} has nothing to install`);
      if (installed() && !force) {
        throw new RpcError(Code.FailedPrecondition, `app ${app.name} is installed already`);
      }
      void install(app.install);
    },
    start() {
      if (status() !== "STOPPED") throw refuse("started");
      appLog.restart();
      restarts = 0;
      delayMs = 0;
      void launch();
    },
    async stop() {
      if (state !== "starting" && state !== "running" && state !== "waiting") throw refuse("stopped");
      enter("stopping");
      const done = await end();
      appLog.note(done ? "stopped" : "could not be stopped");
      enter("idle");
      if (!done) throw new RpcError(Code.Internal, `app ${app.name} could not be stopped`);
    },
    log: (type) => (type === "app" ? appLog : installLog),
    isActive: (type) =>
      type === "install" ? state === "installing" : state !== "idle" && state !== "installing",
    async close() {
      closed = true;
      await end();
      enter("idle");
    },
  };
};
