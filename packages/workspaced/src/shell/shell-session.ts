import type { InteractiveProcess, ProcessEvents } from "../process/interactive-process.ts";
import { createOutputQueue, type OutputQueue } from "./output-queue.ts";
import { createRingBuffer } from "./ring-buffer.ts";

/** Bytes of output kept for a client that attaches again (grpc-behaviour section 4). */
const replayBytes = 256 * 1024;
/**
 * Output that a client which acknowledges may have ahead of it, bytes, and below which the terminal is read again.
 * One more read of 64 KiB still fits into what is kept, so whatever was not acknowledged can be repeated.
 */
const windowBytes = 192 * 1024;
const windowLowWater = 128 * 1024;

/** The one client of a shell. */
export interface ShellClient {
  readonly output: OutputQueue;
  /** Bytes the shell had printed before the first of `output`. */
  readonly offset: number;
  /** Everything before `offset` needs no repeating. Only for a client that is numbered. */
  acknowledge(offset: number): void;
  /**
   * Its input waits for the program, which may itself wait for its output to be read, while the acknowledgements come
   * behind the input: output goes on without them until they have caught up.
   */
  inputWaits(): void;
}

/**
 * A shell and its at most one client. `attached` and `detached` alternate; `ended` is final: the process is gone, or
 * is being ended and can no longer be reached.
 */
export type ShellState = "attached" | "detached" | "ended";

/** One shell of the workspace. */
export interface ShellSession {
  readonly id: string;
  readonly shell: string;
  readonly pid: number;
  /** Empty without a terminal: such a session cannot be detached. */
  readonly terminal: string;
  readonly created: Date;
  readonly state: ShellState;
  readonly detachedAt: Date | undefined;
  /** How it ended: status, or 128 + signal. Undefined before, and when it was destroyed. */
  readonly exitCode: number | undefined;
  /**
   * Makes `state` attached. The output starts with the replay, and continues with the very next byte.
   * @param numbered the client acknowledges output, and the terminal is read no further ahead than can be repeated
   */
  attach(numbered?: boolean): ShellClient;
  /** Leaves the shell running without a client; its output goes on being read, into the replay buffer only. */
  detach(): void;
  /** Shows text to the client as if the shell had written it. */
  announce(text: string): void;
  write(data: Uint8Array): Promise<void>;
  endInput(): void;
  /** Terminal errors are swallowed (grpc-behaviour section 4). */
  resize(columns: number, rows: number): void;
  /** Ends the shell. */
  destroy(): void;
}

/** How a session starts its shell, and whom it tells of the end. */
export interface ShellSessionOptions {
  id: string;
  shell: string;
  start: (events: ProcessEvents) => InteractiveProcess | Promise<InteractiveProcess>;
  now: () => Date;
  /** Called once, when the shell ended by itself or was destroyed. */
  onEnd: () => void;
}

/** Starts a shell; it begins detached. Throws what `start` throws. */
export const createShellSession = async (options: ShellSessionOptions): Promise<ShellSession> => {
  const { id, shell, start, now, onEnd } = options;
  const ring = createRingBuffer(replayBytes);
  let client: OutputQueue | undefined;
  let state: ShellState = "detached";
  let detachedAt: Date | undefined = now();
  let exitCode: number | undefined;
  let written = 0;
  /** Undefined: the client does not acknowledge. */
  let acknowledged: number | undefined;
  let queueFull = false;
  let windowFull = false;
  let inputWaits = false;

  const hold = () => {
    if (queueFull || (windowFull && !inputWaits)) child.pause();
    else child.resume();
  };
  const checkWindow = () => {
    if (acknowledged === undefined) return;
    const ahead = written - acknowledged;
    const full = windowFull ? ahead >= windowLowWater : ahead >= windowBytes;
    if (full === windowFull) return;
    windowFull = full;
    inputWaits = false;
    hold();
  };
  const leave = () => {
    client = undefined;
    acknowledged = undefined;
    queueFull = false;
    windowFull = false;
    inputWaits = false;
  };
  const end = (code?: number) => {
    if (state === "ended") return;
    state = "ended";
    exitCode = code;
    client?.end();
    leave();
    onEnd();
  };
  const deliver = (chunk: Uint8Array) => {
    written += chunk.length;
    ring.push(chunk);
    client?.push(chunk);
    checkWindow();
  };
  const child = await start({ onData: deliver, onEnd: end });

  return {
    id,
    shell,
    pid: child.pid,
    terminal: child.terminal,
    created: now(),
    get state() {
      return state;
    },
    get detachedAt() {
      return detachedAt;
    },
    get exitCode() {
      return exitCode;
    },
    attach(numbered = false) {
      const queue = createOutputQueue({
        onFull() {
          queueFull = true;
          hold();
        },
        onRoom() {
          queueFull = false;
          hold();
        },
      });
      const replay = ring.snapshot();
      const offset = written - replay.length;
      const isClient = () => client === queue;
      if (state === "ended") queue.end();
      else {
        queue.push(replay);
        client = queue;
        state = "attached";
        detachedAt = undefined;
        acknowledged = numbered ? offset : undefined;
        checkWindow();
      }
      return {
        output: queue,
        offset,
        acknowledge(upTo) {
          if (!isClient() || acknowledged === undefined) return;
          acknowledged = Math.min(Math.max(acknowledged, upTo), written);
          checkWindow();
        },
        inputWaits() {
          if (!isClient() || !windowFull) return;
          inputWaits = true;
          hold();
        },
      };
    },
    detach() {
      if (state !== "attached") return;
      state = "detached";
      detachedAt = now();
      const queue = client;
      leave();
      queue?.abandon();
      child.resume();
    },
    announce(text) {
      deliver(Buffer.from(text.replace(/\r?\n/g, "\r\n")));
    },
    write: child.write,
    endInput: child.endInput,
    resize(columns, rows) {
      if (state === "ended" || columns < 1 || rows < 1) return;
      try {
        child.resize(Math.min(columns, 0xffff), Math.min(rows, 0xffff));
      } catch {
        // The terminal may have closed between the check and the call.
      }
    },
    destroy() {
      if (state === "ended") return;
      client?.abandon();
      end();
      child.destroy();
    },
  };
};
