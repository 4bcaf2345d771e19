import { followInteractiveOutput } from "./interactive-output.ts";
import {
  createWriter,
  hangUpGraceMs,
  type InteractiveProcess,
  type ProcessEvents,
} from "./interactive-process.ts";
import type { MakeOutputPipe } from "./pipes.ts";
import { sendSignal, signalExitCode } from "./signals.ts";
import { spawnPiped } from "./spawn-piped.ts";

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
  const output = followInteractiveOutput(stdout, options);
  stdout.on("data", output.take);
  child.on("exit", (code, signal) => output.exit(signal ? signalExitCode(signal) : (code ?? 0)));

  return {
    pid,
    terminal: "",
    write: writer.write,
    endInput() {
      stdin.end();
    },
    pause: output.pause,
    resume: output.resume,
    resize() {},
    destroy() {
      stdin.destroy();
      stdout.destroy();
      if (output.exited) return;
      sendSignal(-pid, "SIGHUP");
      setTimeout(() => {
        if (!output.exited) sendSignal(-pid, "SIGKILL");
      }, hangUpGraceMs);
    },
  };
};
