import { execFile } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync, readdirSync, unlinkSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A pipe that a child writes to. */
export interface OutputPipe {
  /** The daemon's end. */
  stream: Readable;
  /** The child's end, for `stdio` of spawn. */
  fd: number;
  /** Closes the daemon's copy of the child's end: to be called once the child has it, or will not start. */
  release(): void;
}

/**
 * Makes real pipes for the output of children. What Node itself puts there are sockets, and those cannot be opened
 * again by name: `echo failed > /dev/stderr` in a script, or a server told to log to /dev/stdout, would fail.
 */
export type MakeOutputPipe = () => Promise<OutputPipe>;

/** FIFOs made at a time: Node cannot make one, and one run of `mkfifo` for many costs as much as for one. */
const batch = 24;

/**
 * Makes pipes out of FIFOs, which are unlinked as soon as both ends are open.
 *
 * Input is not made this way: whoever opens a FIFO by name for reading after its writer has gone waits for ever.
 * @param directory private; leftovers in it are removed
 */
export const createPipeMaker = (directory: string): MakeOutputPipe => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(directory)) unlinkSync(join(directory, name));
  const ready: string[] = [];
  let made = 0;
  let making: Promise<void> | undefined;

  const makeMore = () => {
    making ??= (async () => {
      const paths = Array.from({ length: batch }, (_, index) => join(directory, `${made + index}`));
      made += batch;
      try {
        await run("mkfifo", ["-m", "600", ...paths]);
        ready.push(...paths);
      } finally {
        making = undefined;
      }
    })();
    return making;
  };

  const take = async (): Promise<string> => {
    for (;;) {
      const path = ready.pop();
      if (path === undefined) await makeMore();
      else {
        if (ready.length < batch / 3) makeMore().catch(() => {});
        return path;
      }
    }
  };

  return async () => {
    const path = await take();
    try {
      const ours = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      // Blocking, unlike the daemon's end: programs do not expect EAGAIN. There is a reader, so this does not wait.
      const fd = openSync(path, constants.O_WRONLY);
      const stream = new Socket({ fd: ours, readable: true, writable: false });
      let released = false;
      const release = () => {
        if (!released) closeSync(fd);
        released = true;
      };
      return { stream, fd, release };
    } finally {
      unlinkSync(path);
    }
  };
};
