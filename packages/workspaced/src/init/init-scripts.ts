import { spawn } from "node:child_process";
import type { Log, WorkspacedConfig } from "@k8shell/contract";
import type { MakeEnvironment } from "../process/environment.ts";
import { sendSignal } from "../process/signals.ts";
import { directoryOrRoot } from "../process/working-directory.ts";

/** Where one init script is: waiting for its turn, running, or over. */
export type InitScriptStatus =
  | { name: string; state: "waiting" | "running" | "done" }
  | { name: string; state: "failed"; exitCode: number };

/** The blueprint's init scripts. */
export interface InitScripts {
  status(): readonly InitScriptStatus[];
  /** Ends the script that runs and starts no further one. */
  close(): void;
}

const runScript = (
  script: string,
  env: Record<string, string>,
  cwd: string,
  onLine: (line: string) => void,
): { done: Promise<number>; kill: () => void } => {
  const child = spawn("/bin/sh", ["-c", script], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = (lines.pop() ?? "").slice(-4096);
      for (const line of lines) onLine(line);
    });
    stream.on("end", () => {
      if (rest !== "") onLine(rest);
    });
  }
  return {
    done: new Promise((resolve) => {
      child.on("error", () => resolve(127));
      // Not "close": a server the script leaves in the background holds the pipes for ever.
      child.on("exit", (code) => resolve(code ?? 1));
    }),
    kill: () => {
      if (child.pid !== undefined) sendSignal(-child.pid, "SIGTERM");
    },
  };
};

/** Runs the scripts one after the other, in the background; a failed one does not stop the next. */
export const startInitScripts = (deps: {
  config: WorkspacedConfig;
  environment: MakeEnvironment;
  log: Log;
}): InitScripts => {
  const { config, environment, log } = deps;
  const status: InitScriptStatus[] = config.initScripts.map(({ name }) => ({ name, state: "waiting" }));
  let closed = false;
  let kill = () => {};

  const runAll = async () => {
    for (const [index, { name, script }] of config.initScripts.entries()) {
      if (closed) return;
      status[index] = { name, state: "running" };
      log.info({ script: name }, "init script started");
      const run = runScript(script, environment(`init:${name}`), directoryOrRoot(config.home), (line) =>
        log.info({ script: name }, line),
      );
      kill = run.kill;
      const exitCode = await run.done;
      kill = () => {};
      status[index] = exitCode === 0 ? { name, state: "done" } : { name, state: "failed", exitCode };
      if (exitCode === 0) log.info({ script: name }, "init script done");
      else log.error({ script: name, exitCode }, "init script failed");
    }
  };
  void runAll();

  return {
    status: () => status,
    close() {
      closed = true;
      kill();
    },
  };
};
