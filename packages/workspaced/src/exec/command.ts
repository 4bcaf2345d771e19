import type { Readable } from "node:stream";
import { createWriter } from "../process/interactive-process.ts";
import type { MakeOutputPipe } from "../process/pipes.ts";
import { sendSignal, signalExitCode } from "../process/signals.ts";
import { type SilenceWatch, watchSilence } from "../process/silence.ts";
import { type PipedChild, spawnPiped } from "../process/spawn-piped.ts";

/** Which of the two outputs a piece belongs to. */
export type OutputName = "stdout" | "stderr";

/** How to run one command. */
export interface CommandOptions {
  shell: string;
  command: string;
  env: Record<string, string>;
  cwd: string;
  makePipe: MakeOutputPipe;
  /** Takes one piece of output, of any size; output waits until it resolves. False: nobody is interested any more. */
  onOutput: (name: OutputName, data: Uint8Array) => Promise<boolean>;
}

/** A running command, the leader of its own process group. */
export interface RunningCommand {
  readonly pid: number | undefined;
  /**
   * Exit code: the command's own, 128 + n after signal n, 127 when the shell does not exist, 126 when it may not be
   * executed, 1 when it could not be started for another reason (text on stderr). Settles once its output is delivered.
   */
  readonly exitCode: Promise<number>;
  /**
   * Resolves when more input may be written.
   * @param written called when nobody looks at `data` any more; not when the command ends before
   */
  write(data: Uint8Array, written?: () => void): Promise<void>;
  endInput(): void;
  /** To the whole process group. */
  signal(signal: NodeJS.Signals): void;
}

/** Silence after the exit, while something still holds the output open, that counts as its end, milliseconds. */
const drainSilenceMs = 1000;
/** Output taken after the exit at most: more than pipe and stream buffers can hold, so the rest came later. */
const drainBytes = 1024 * 1024;

const startFailure = (error: unknown): { code: number; text: string } => {
  const reason = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  switch (reason) {
    case "ENOENT":
    case "ENOTDIR":
      return { code: 127, text: "shell not found\n" };
    case "EACCES":
      return { code: 126, text: "shell is not executable\n" };
    default:
      return { code: 1, text: `cannot start: ${reason}\n` };
  }
};

/** Hands output on, and knows when everything written before the exit has been. */
const createDrain = (streams: Record<OutputName, Readable>, onOutput: CommandOptions["onOutput"]) => {
  let exited = false;
  let lateBytes = 0;
  let delivering = 0;
  let silence: SilenceWatch | undefined;

  const pump = async (name: OutputName) => {
    for await (const chunk of streams[name]) {
      if (exited) lateBytes += chunk.length;
      delivering += 1;
      const wanted = await onOutput(name, chunk);
      delivering -= 1;
      silence?.heard();
      if (!wanted || lateBytes > drainBytes) return;
    }
  };
  const pumps = Promise.allSettled([pump("stdout"), pump("stderr")]);

  /**
   * Resolves when both outputs ended. A program left in the background may hold them open for ever, so silence ends
   * them too; a slow client does not, or it would lose the end of the output.
   */
  return async () => {
    exited = true;
    const { stdout, stderr } = streams;
    silence = watchSilence(
      drainSilenceMs,
      () => {
        stdout.destroy();
        stderr.destroy();
      },
      () => delivering > 0 || stdout.readableLength > 0 || stderr.readableLength > 0,
    );
    await pumps;
    silence.stop();
  };
};

/** Runs `<shell> -c command` (grpc-behaviour section 4). Never throws: a failed start is an exit code. */
export const runCommand = async (options: CommandOptions): Promise<RunningCommand> => {
  const { shell, command, env, cwd, makePipe, onOutput } = options;
  const fail = async (error: unknown): Promise<number> => {
    const { code, text } = startFailure(error);
    await onOutput("stderr", Buffer.from(text));
    return code;
  };
  let piped: PipedChild;
  try {
    piped = await spawnPiped({ file: shell, args: ["-c", command], env, cwd, makePipe, merge: false });
  } catch (error) {
    return { pid: undefined, exitCode: fail(error), write: async () => {}, endInput() {}, signal() {} };
  }
  const { child, pid, stdin, stdout, stderr } = piped;
  const writer = createWriter(stdin);
  const drained = createDrain({ stdout, stderr }, onOutput);
  const exitCode = new Promise<number>((resolve) => {
    child.on("error", (error) => {
      if (pid === undefined) void fail(error).then(resolve);
    });
    child.on("exit", (code, signal) => {
      void drained().then(() => resolve(signal === null ? (code ?? 1) : signalExitCode(signal)));
    });
  });
  return {
    pid,
    exitCode,
    write: writer.write,
    endInput() {
      stdin.end();
    },
    signal(signal) {
      if (pid !== undefined) sendSignal(-pid, signal);
    },
  };
};
