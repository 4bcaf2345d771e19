import { existsSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { ReadStream } from "node:tty";
import { fileURLToPath } from "node:url";
import { followInteractiveOutput } from "./interactive-output.ts";
import { hangUpGraceMs, type InteractiveProcess, type ProcessEvents } from "./interactive-process.ts";
import { isRunning, readStat } from "./proc.ts";
import { sendSignal } from "./signals.ts";
import { createTerminalWriter } from "./terminal-writer.ts";

/** The native half of @lydell/node-pty (exact version pinned in package.json). */
interface NativePty {
  fork(
    file: string,
    args: string[],
    env: string[],
    cwd: string,
    columns: number,
    rows: number,
    uid: number,
    gid: number,
    utf8: boolean,
    helperPath: string,
    onExit: (code: number, signal: number) => void,
  ): { fd: number; pid: number; pty: string };
  resize(fd: number, columns: number, rows: number): void;
}

/**
 * Loads the native module: beside the bundle when there is one, else from node_modules.
 *
 * Its JavaScript half is not used: that one throws away what a program wrote last when the reader is slower than
 * 200 ms, offers no way to wait for input to be taken, and decodes bytes.
 */
const loadNative = (): NativePty => {
  const load = createRequire(import.meta.url);
  const bundled = fileURLToPath(new URL("./pty.node", import.meta.url));
  if (existsSync(bundled)) return load(bundled);
  const beside = createRequire(load.resolve("@lydell/node-pty"));
  return beside(`@lydell/node-pty-${process.platform}-${process.arch}/pty.node`);
};

const readBytes = 64 * 1024;
/** The kernel gives less than this of a terminal at a time, bytes (N_TTY_BUF_SIZE). */
const kernelBytes = 4096;

/** A read of this size or more, bytes, took what the kernel had ready: more is likely to be there. */
const fullReadBytes = 2 * 1024;
/**
 * Reads on into `memory` while a program prints faster than it is read: each time the event loop goes round for 4 KiB
 * costs several times what the read does.
 * @param length bytes that are in `memory` already
 * @returns bytes that are in it now
 */
const readOn = (fd: number, memory: Buffer, length: number): number => {
  let at = length;
  try {
    for (let last = length; last >= fullReadBytes && at + kernelBytes <= memory.length; at += last)
      last = readSync(fd, memory, at, memory.length - at, null);
  } catch {
    // Nothing is there for now, or the terminal is closed: the event loop will tell.
  }
  return at;
};

/** What to start in a new terminal. */
export interface TerminalOptions extends ProcessEvents {
  file: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  columns: number;
  rows: number;
}

/** Starts programs on pseudo-terminals. */
export type StartInTerminal = (options: TerminalOptions) => InteractiveProcess;

/**
 * Starts a program on a new pseudo-terminal, as session leader with it as controlling terminal.
 *
 * `onEnd` comes once, after the program ended and everything it wrote was delivered, however slowly it was taken.
 * Programs it left behind that still hold the terminal do not keep it open.
 * @throws the system error when no terminal can be had
 */
const startOn = (native: NativePty, memory: Buffer, options: TerminalOptions): InteractiveProcess => {
  const child = native.fork(
    options.file,
    options.args,
    Object.entries(options.env).map(([name, value]) => `${name}=${value}`),
    options.cwd,
    options.columns,
    options.rows,
    -1,
    -1,
    true,
    "",
    (code, signal) => output.exit(signal > 0 ? 128 + signal : code),
  );
  const socket = new ReadStream(child.fd, {
    onread: {
      buffer: memory,
      callback(length) {
        output.take(memory.subarray(0, readOn(child.fd, memory, length)));
        return true;
      },
    },
  });
  const writer = createTerminalWriter(child.fd);
  const output = followInteractiveOutput(socket, options);
  // EIO is how Linux reports that the last program closed the terminal; any other failure ends it just as well.
  socket.on("error", () => {});
  socket.on("close", writer.close);

  const hangUp = () => {
    const stat = readStat(child.pid);
    // Closing the master does this too, but only once no other process has inherited it.
    if (stat !== undefined && stat.foregroundGroup > 1) sendSignal(-stat.foregroundGroup, "SIGHUP");
    sendSignal(child.pid, "SIGHUP");
    sendSignal(child.pid, "SIGCONT");
  };

  socket.resume();
  return {
    pid: child.pid,
    terminal: child.pty,
    write: writer.write,
    endInput() {
      hangUp();
    },
    pause: output.pause,
    resume: output.resume,
    resize(columns, rows) {
      if (!output.closed) native.resize(child.fd, columns, rows);
    },
    destroy() {
      if (!output.exited) {
        hangUp();
        setTimeout(() => {
          if (!output.exited && isRunning(child.pid)) sendSignal(child.pid, "SIGKILL");
        }, hangUpGraceMs);
      }
      writer.close();
      socket.destroy();
    },
  };
};

/**
 * All terminals are read into the same memory: what one read brings is taken before the next. Node's own way takes
 * 64 KiB of new memory for each read, and a terminal gives 4 KiB. It is had, and the native module loaded, for the first.
 */
export const createTerminalStarter = (): StartInTerminal => {
  let parts: { readonly native: NativePty; readonly memory: Buffer } | undefined;
  return (options) => {
    parts ??= { native: loadNative(), memory: Buffer.allocUnsafeSlow(readBytes) };
    return startOn(parts.native, parts.memory, options);
  };
};
