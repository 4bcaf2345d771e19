import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { ReadStream } from "node:tty";
import { fileURLToPath } from "node:url";
import { createWriter, type InteractiveProcess, type ProcessEvents } from "./interactive-process.ts";
import { isRunning, readStat } from "./proc.ts";
import { sendSignal } from "./signals.ts";

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

/** How long the terminal may stay silent after its shell ended before it is closed, milliseconds. */
const drainTickMs = 100;
/** A hang-up gets this long before SIGKILL, milliseconds. */
const hangUpGraceMs = 2000;

/** What to start in a new terminal. */
export interface TerminalOptions extends ProcessEvents {
  file: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  columns: number;
  rows: number;
}

/**
 * Starts a program on a new pseudo-terminal, as session leader with it as controlling terminal.
 *
 * `onEnd` comes once, after the program ended and everything it wrote was delivered, however slowly it was taken.
 * Programs it left behind that still hold the terminal do not keep it open.
 * @throws the system error when no terminal can be had
 */
export const startInTerminal = (options: TerminalOptions): InteractiveProcess => {
  const native = loadNative();
  let exited = false;
  let closed = false;
  let ended = false;
  let paused = false;
  let reads = 0;

  const finish = () => {
    if (!exited || !closed || ended) return;
    ended = true;
    options.onEnd();
  };

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
    () => {
      exited = true;
      drain();
      finish();
    },
  );
  const socket = new ReadStream(child.fd);
  const writer = createWriter(socket);

  // A program in the background can keep the terminal open for ever: after the shell's end, silence is the end.
  const drain = () => {
    let seen = -1;
    const timer = setInterval(() => {
      if (closed) clearInterval(timer);
      else if (!paused && seen === reads) socket.destroy();
      seen = paused ? -1 : reads;
    }, drainTickMs);
  };

  socket.on("data", (chunk: Buffer) => {
    reads += 1;
    options.onData(chunk);
  });
  // EIO is how Linux reports that the last program closed the terminal; any other failure ends it just as well.
  socket.on("error", () => {});
  socket.on("close", () => {
    closed = true;
    finish();
  });

  const hangUp = () => {
    const stat = readStat(child.pid);
    // Closing the master does this too, but only once no other process has inherited it.
    if (stat !== undefined && stat.foregroundGroup > 1) sendSignal(-stat.foregroundGroup, "SIGHUP");
    sendSignal(child.pid, "SIGHUP");
    sendSignal(child.pid, "SIGCONT");
  };

  return {
    pid: child.pid,
    terminal: child.pty,
    write: writer.write,
    endInput() {
      hangUp();
    },
    pause() {
      paused = true;
      socket.pause();
    },
    resume() {
      paused = false;
      socket.resume();
    },
    resize(columns, rows) {
      if (!closed) native.resize(child.fd, columns, rows);
    },
    destroy() {
      if (!exited) {
        hangUp();
        setTimeout(() => {
          if (!exited && isRunning(child.pid)) sendSignal(child.pid, "SIGKILL");
        }, hangUpGraceMs);
      }
      socket.destroy();
    },
  };
};
