import type { InteractiveProcess, ProcessEvents } from "../process/interactive-process.ts";
import { createOutputQueue, type OutputQueue } from "./output-queue.ts";
import { createRingBuffer } from "./ring-buffer.ts";

/** Bytes of output kept for a client that attaches again (grpc-behaviour section 4). */
const replayBytes = 256 * 1024;

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
  /** Makes `state` attached. The queue starts with the replay, and continues with the very next byte. */
  attach(): OutputQueue;
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

  const end = () => {
    if (state === "ended") return;
    state = "ended";
    client?.end();
    client = undefined;
    onEnd();
  };
  const deliver = (chunk: Uint8Array) => {
    ring.push(chunk);
    client?.push(chunk);
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
    attach() {
      const queue = createOutputQueue({ onFull: child.pause, onRoom: child.resume });
      if (state === "ended") {
        queue.end();
        return queue;
      }
      queue.push(ring.snapshot());
      client = queue;
      state = "attached";
      detachedAt = undefined;
      return queue;
    },
    detach() {
      if (state !== "attached") return;
      state = "detached";
      detachedAt = now();
      client?.abandon();
      client = undefined;
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
