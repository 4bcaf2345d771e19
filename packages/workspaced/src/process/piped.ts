import { createWriter, type InteractiveProcess, type ProcessEvents } from "./interactive-process.ts";
import type { MakeOutputPipe } from "./pipes.ts";
import { sendSignal } from "./signals.ts";
import { spawnPiped } from "./spawn-piped.ts";

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
  makePipe: MakeOutputPipe;
}

/**
 * Starts a shell without a terminal. Standard error goes into the pipe of standard output (grpc-behaviour section 4).
 * @throws the system error when it cannot be started
 */
export const startOnPipes = async (options: PipedOptions): Promise<InteractiveProcess> => {
  const { child, pid, stdin, stdout } = await spawnPiped({ ...options, merge: true });
  if (pid === undefined) {
    throw await new Promise<Error>((resolve) => {
      child.on("error", resolve);
    });
  }
  const writer = createWriter(stdin);
  let paused = false;
  let exited = false;
  let closed = false;
  let reads = 0;

  const finish = () => {
    if (exited && closed) options.onEnd();
  };
  stdout.on("data", (chunk: Buffer) => {
    reads += 1;
    options.onData(chunk);
  });
  stdout.on("close", () => {
    closed = true;
    finish();
  });
  child.on("exit", () => {
    exited = true;
    // A program left in the background can hold the pipe open for ever: after the shell's end, silence is the end.
    let seen = -1;
    const timer = setInterval(() => {
      if (closed) clearInterval(timer);
      else if (!paused && seen === reads) stdout.destroy();
      seen = paused ? -1 : reads;
    }, drainTickMs);
    finish();
  });

  return {
    pid,
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
      if (exited) return;
      sendSignal(-pid, "SIGHUP");
      setTimeout(() => {
        if (!exited) sendSignal(-pid, "SIGKILL");
      }, hangUpGraceMs);
    },
  };
};
