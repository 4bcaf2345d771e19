import { setTimeout as sleep } from "node:timers/promises";
import type { Log, WorkspacedConfig } from "@k8shell/contract";
import { Code, RpcError } from "@k8shell/rpc";
import type { InitScriptStatus } from "../init/init-scripts.ts";
import type { MakeEnvironment } from "../process/environment.ts";
import type { ProcessEvents } from "../process/interactive-process.ts";
import type { ProcessOwners } from "../process/owner.ts";
import { startOnPipes } from "../process/piped.ts";
import type { MakeOutputPipe } from "../process/pipes.ts";
import { createTerminalStarter } from "../process/terminal.ts";
import { directoryOrRoot } from "../process/working-directory.ts";
import { greeting } from "./greeting.ts";
import { chooseShell, loginArguments } from "./login-shell.ts";
import { createSessionRegistry, type SessionRegistry } from "./session-registry.ts";
import { createShellSession, type ShellSession } from "./shell-session.ts";

/** What the shells of a workspace need. */
export interface ShellManagerDeps {
  config: WorkspacedConfig;
  environment: MakeEnvironment;
  owners: ProcessOwners;
  makePipe: MakeOutputPipe;
  initScripts: () => readonly InitScriptStatus[];
  log: Log;
  /** How often detached shells are checked for their age, milliseconds (default one minute). */
  sweepIntervalMs?: number;
}

/** How a client wants its shell. */
export interface OpenShellRequest {
  id: string;
  /** Used when the user's own shell does not exist. */
  fallbackShell: string;
  variables: readonly string[];
  terminal: boolean;
  /** 0: 80. */
  columns: number;
  /** 0: 24. */
  rows: number;
  showInitScripts: boolean;
}

/** Starts shells and ends those that nobody came back for. */
export interface ShellManager {
  readonly registry: SessionRegistry;
  /**
   * Starts a shell; it begins detached.
   * @throws RpcError AlreadyExists for an id in use; Internal when it cannot be started
   */
  open(request: OpenShellRequest): Promise<ShellSession>;
  /** Ends every shell and stops the sweep. */
  close(): Promise<void>;
}

const orphanGraceMs = 2000;

/** Creates the shells of one workspace. */
export const createShellManager = (deps: ShellManagerDeps): ShellManager => {
  const { config, environment, owners, initScripts, log } = deps;
  const registry = createSessionRegistry(Date.now);
  const cleanups = new Set<Promise<unknown>>();
  const startInTerminal = createTerminalStarter();

  /** What a shell started and left behind goes with it, unless the blueprint says otherwise. */
  const endOrphans = (session: ShellSession) => {
    if (config.ignoreOrphans) return;
    const cleanup = owners
      .terminate({
        thing: `shell:${session.id}`,
        session: session.terminal === "" ? undefined : session.pid,
        signal: "SIGHUP",
        graceMs: orphanGraceMs,
      })
      .then((done) => {
        if (!done) log.warn({ session: session.id }, "processes of an ended shell could not be ended");
      })
      .finally(() => cleanups.delete(cleanup));
    cleanups.add(cleanup);
  };

  const start = async (request: OpenShellRequest): Promise<ShellSession> => {
    const env = environment(`shell:${request.id}`, [
      ...request.variables,
      `K8SHELL_SESSION_ID=${request.id}`,
    ]);
    if (request.terminal) env.TERM ??= "xterm-256color";
    const shell = chooseShell([config.shell, request.fallbackShell], env.PATH ?? "");
    env.SHELL = shell;
    const program = { file: shell, args: loginArguments(shell), env, cwd: directoryOrRoot(config.home) };
    const startProcess = (events: ProcessEvents) =>
      request.terminal
        ? startInTerminal({
            ...program,
            ...events,
            columns: request.columns || 80,
            rows: request.rows || 24,
          })
        : startOnPipes({ ...program, ...events, makePipe: deps.makePipe });
    const session = await createShellSession({
      id: request.id,
      shell,
      start: startProcess,
      now: () => new Date(),
      onEnd: () => {
        // Never before createShellSession has resolved: a process cannot end earlier than its start is known.
        registry.remove(session);
        log.info({ session: request.id }, "shell ended");
        endOrphans(session);
      },
    });
    registry.add(session);
    log.info({ session: request.id, pid: session.pid }, "shell started");
    const showInit = request.showInitScripts || (request.terminal && config.showInitScriptStatus);
    const text = greeting(request.terminal ? config.splash : undefined, showInit ? initScripts() : []);
    if (text !== "") session.announce(text);
    return session;
  };

  const open = async (request: OpenShellRequest): Promise<ShellSession> => {
    registry.reserve(request.id);
    try {
      return await start(request);
    } catch (error) {
      throw new RpcError(Code.Internal, "the shell could not be started", { cause: error });
    } finally {
      registry.unreserve(request.id);
    }
  };

  const sweep = () => {
    const lifetime = config.shells.detachTimeoutSeconds * 1000;
    if (lifetime === 0) return;
    for (const session of registry.all()) {
      if (session.detachedAt === undefined || Date.now() - session.detachedAt.getTime() < lifetime) continue;
      log.info({ session: session.id }, "detached shell reached its lifetime");
      session.destroy();
    }
  };
  const timer = setInterval(sweep, deps.sweepIntervalMs ?? 60_000);
  timer.unref();

  return {
    registry,
    open,
    async close() {
      clearInterval(timer);
      for (const session of registry.all()) session.destroy();
      await Promise.race([Promise.all(cleanups), sleep(orphanGraceMs + 1500, undefined, { ref: false })]);
    },
  };
};
