import { spawn } from "node:child_process";
import { createWriter, type InteractiveProcess, type ProcessEvents } from "./interactive-process.ts";
import { sendSignal } from "./signals.ts";

/** A hang-up gets this long before SIGKILL, milliseconds. */
const hangUpGraceMs = 2000;
/** How long output may stay silent after the end of the shell while something else holds it open, milliseconds. */
const drainTickMs = 100;

/** What to start on pipes. */
export interface PipedOptions extends ProcessEvents {
  file: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
}

/**
 * Starts a shell without a terminal, in a session of its own. Standard error goes into the same pipe as standard
 * output, so their order is what the program meant (grpc-behaviour section 4: stderr merged in).
 */
export const startOnPipes = (options: PipedOptions): InteractiveProcess => {
  // Node cannot hand one pipe to two descriptors of a child; a shell can, and then replaces itself.
  const child = spawn("/bin/sh", ["-c", 'exec "$0" "$@" 2>&1', options.file, ...options.args], {
    cwd: options.cwd,
    env: options.env,
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
  });
  const pid = child.pid;
  const { stdin, stdout } = child;
  const writer = createWriter(stdin);
  let paused = false;
  let exited = false;
  let ended = false;
  let reads = 0;

  const end = () => {
    if (ended) return;
    ended = true;
    options.onEnd();
  };
  stdin.on("error", () => {});
  stdout.on("error", () => {});
  stdout.on("data", (chunk: Buffer) => {
    reads += 1;
    options.onData(chunk);
  });
  child.on("error", end);
  child.on("exit", () => {
    exited = true;
    let seen = -1;
    const timer = setInterval(() => {
      if (ended) clearInterval(timer);
      else if (!paused && seen === reads) stdout.destroy();
      seen = paused ? -1 : reads;
    }, drainTickMs);
  });
  child.on("close", end);

  return {
    pid: pid ?? 0,
    terminal: "",
    write: writer.write,
    endInput() {
      stdin.end();
    },
    pause() {
      paused = true;
      stdout.pause();
    },
    resume() {
      paused = false;
      stdout.resume();
    },
    resize() {},
    destroy() {
      stdin.destroy();
      stdout.destroy();
      if (exited || pid === undefined) return;
      sendSignal(-pid, "SIGHUP");
      setTimeout(() => {
        if (!exited) sendSignal(-pid, "SIGKILL");
      }, hangUpGraceMs);
    },
  };
};
