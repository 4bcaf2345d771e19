import { type ChildProcess, spawn } from "node:child_process";
import { Readable, type Writable } from "node:stream";
import type { MakeOutputPipe, OutputPipe } from "./pipes.ts";

/** What to start. */
export interface SpawnPipedOptions {
  file: string;
  args: readonly string[];
  env: Record<string, string>;
  cwd: string;
  makePipe: MakeOutputPipe;
  /** Standard error goes into the pipe of standard output, in the order the program wrote. */
  merge: boolean;
}

/** A child in a session and process group of its own. */
export interface PipedChild {
  child: ChildProcess;
  /** Undefined when it could not be started; `child` then emits an error. */
  pid: number | undefined;
  stdin: Writable;
  stdout: Readable;
  /** Empty when merged. */
  stderr: Readable;
}

const ignoreErrors = (stream: Readable | Writable) => stream.on("error", () => {});

/**
 * Starts a program with its input and output connected to the daemon.
 * @throws the system error, where Node throws it instead of emitting it (e.g. E2BIG), or when pipes cannot be made
 */
export const spawnPiped = async (options: SpawnPipedOptions): Promise<PipedChild> => {
  const { file, args, env, cwd, makePipe, merge } = options;
  const pipes: OutputPipe[] = [];
  try {
    const out = await makePipe();
    pipes.push(out);
    const err = merge ? undefined : await makePipe();
    if (err !== undefined) pipes.push(err);
    const child = spawn(file, args, { cwd, env, detached: true, stdio: ["pipe", out.fd, (err ?? out).fd] });
    const { stdin } = child;
    if (stdin === null) throw new Error("the child has no input");
    const stderr = err?.stream ?? Readable.from([]);
    // A child that goes away without reading all its input is no error.
    for (const stream of [stdin, out.stream, stderr]) ignoreErrors(stream);
    return { child, pid: child.pid, stdin, stdout: out.stream, stderr };
  } catch (error) {
    for (const pipe of pipes) pipe.stream.destroy();
    throw error;
  } finally {
    for (const pipe of pipes) pipe.release();
  }
};
