import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { open, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { OnceResult } from "./types.ts";

/** A program to run and how. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** User and group to become; absent: those of the server. */
  readonly uid?: number | undefined;
  /** Text given on descriptor 3. */
  readonly input?: string;
  /** Control groups joined before the program starts. */
  readonly cgroups?: readonly string[];
  /** Ends what the program left running, which may hold its output open. Only `runToEnd` calls it. */
  readonly afterExit?: () => Promise<void>;
}

const maxLogBytes = 1024 * 1024;

/** A process is in its groups before it can start another: the shell joins them and becomes the program. */
const joinAndRun = `for group in $K8SHELL_CGROUPS; do echo $$ > "$group/cgroup.procs" || exit 125; done
unset K8SHELL_CGROUPS; ulimit -c 0; exec "$0" "$@"`;

const commandOf = ({ file, args, env, cgroups = [] }: Launch) => ({
  command: ["-c", joinAndRun, file, ...args],
  env: { ...env, K8SHELL_CGROUPS: cgroups.join(" ") },
});

const openLog = async (path: string) => {
  const size = await stat(path).then(
    ({ size: bytes }) => bytes,
    () => 0,
  );
  if (size > maxLogBytes) await rename(path, `${path}.1`);
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
  return open(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600);
};

/** Failing to write to a program that is gone shows in how it ended. */
const ignore = () => undefined;

const isWritable = (stream: unknown): stream is Writable =>
  typeof stream === "object" && stream !== null && "end" in stream;
const isReadable = (stream: unknown): stream is Readable =>
  typeof stream === "object" && stream !== null && "read" in stream;

const feed = (child: ChildProcess, input: string | undefined): void => {
  const stream = child.stdio[3];
  if (!isWritable(stream)) return;
  stream.on("error", ignore);
  stream.end(input ?? "");
};

const spawned = async (child: ChildProcess): Promise<number> => {
  await once(child, "spawn");
  if (child.pid === undefined) throw new Error("the program did not start");
  return child.pid;
};

/** A detached program. */
export interface Detached {
  readonly pid: number;
  /** What the program wrote on descriptor 4 until it closed it or ended. */
  readonly info: Promise<string>;
  readonly exited: Promise<number | undefined>;
}

/**
 * Starts a program in a session of its own, with its output in a log file, so that it does not end with the server.
 * Descriptors 3 and 4 are open only when `launch.input` is given.
 * @throws the system error when it cannot be started
 */
export const launchDetached = async (launch: Launch, log: string): Promise<Detached> => {
  const { command, env } = commandOf(launch);
  const file = await openLog(log);
  try {
    const child = spawn("/bin/sh", command, {
      cwd: launch.cwd ?? "/",
      env,
      detached: true,
      stdio: [
        "ignore",
        file.fd,
        file.fd,
        ...(launch.input === undefined ? [] : ["pipe" as const, "pipe" as const]),
      ],
      ...(launch.uid === undefined ? {} : { uid: launch.uid, gid: launch.uid }),
    });
    const exited = once(child, "exit").then(([code]) => (typeof code === "number" ? code : undefined));
    exited.catch(ignore);
    const pid = await spawned(child);
    feed(child, launch.input);
    const output = child.stdio[4];
    const info = isReadable(output) ? readAll(output, 64 * 1024) : Promise.resolve("");
    info.catch(ignore);
    child.unref();
    return { pid, info, exited };
  } finally {
    await file.close();
  }
};

const readAll = async (stream: Readable, limit: number): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
};

/**
 * Runs a program to its end and collects its output. Aborting kills it.
 * @throws the system error when it cannot be started, the signal's reason when aborted
 */
export const runToEnd = async (
  launch: Launch,
  options: { signal: AbortSignal; onStderr?: (text: string) => void; maxOutput?: number },
): Promise<OnceResult> => {
  options.signal.throwIfAborted();
  const { command, env } = commandOf(launch);
  const child = spawn("/bin/sh", command, {
    cwd: launch.cwd ?? "/",
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    ...(launch.uid === undefined ? {} : { uid: launch.uid, gid: launch.uid }),
  });
  const exited = once(child, "close");
  const cleared = once(child, "exit").then(() => launch.afterExit?.());
  cleared.catch(ignore);
  const kill = () => {
    try {
      // The program leads a process group of its own.
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      child.kill("SIGKILL");
    }
  };
  options.signal.addEventListener("abort", kill);
  try {
    await spawned(child);
    feed(child, launch.input);
    const stderr = child.stderr;
    stderr?.setEncoding("utf8");
    stderr?.on("data", (text: string) => options.onStderr?.(text));
    const stdout = child.stdout ? await readAll(child.stdout, options.maxOutput ?? maxLogBytes) : "";
    const [code] = await exited;
    await cleared;
    options.signal.throwIfAborted();
    return { code: typeof code === "number" ? code : undefined, stdout };
  } finally {
    options.signal.removeEventListener("abort", kill);
    exited.catch(ignore);
  }
};

/** Looks a program up in the system directories. */
export const findProgram = async (name: string): Promise<string | undefined> => {
  for (const directory of ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]) {
    const path = join(directory, name);
    const found = await stat(path).then(
      (file) => file.isFile() && (file.mode & 0o111) !== 0,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
};
