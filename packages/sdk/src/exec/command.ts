import { K8shellError } from "../error.ts";
import { openSocket, type Socket, type SocketEnd } from "../socket/open-socket.ts";
import { createPacedQueue, sendPaced } from "../socket/paced-queue.ts";
import type { RequestOptions, Transport } from "../transport.ts";
import { controlFrame, inputFrame, readFrame } from "./frames.ts";

type Chunk = string | Uint8Array;

export interface ExecOptions extends RequestOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Directory to run in (default: the home directory). */
  readonly cwd?: string;
  /** Standard input, which ends with it. Absent: `write` and `endInput` give it. */
  readonly stdin?: Chunk | AsyncIterable<Chunk> | ReadableStream<Chunk>;
}

/** A piece of what a command printed. */
export interface CommandOutput {
  readonly stream: "stdout" | "stderr";
  /** May begin or end within a character. */
  readonly data: Uint8Array;
}

/**
 * A command that runs. Iterate over it for its output, in order; it is held back while that is not read.
 *
 *     const command = await k8shell.exec("admin-1a2b3c4", ["make", "test"]);
 *     for await (const { stream, data } of command) process[stream].write(data);
 *     process.exitCode = await command.wait();
 */
export interface Command extends AsyncIterable<CommandOutput> {
  /** Writes to its standard input; resolves when more may be written. */
  write(data: Chunk): Promise<void>;
  /** Ends its standard input. */
  endInput(): void;
  /** Sends a signal, e.g. `INT`. The workspace takes no more input after one. */
  kill(signal: string): void;
  /**
   * Resolves to its exit code; output that nobody has begun to read is dropped. 127: not found, 126: not executable,
   * 128 + n: ended by signal n.
   * @throws K8shellError when the command could not be run or the connection was lost, which ends the command
   */
  wait(): Promise<number>;
}

const protocol = "k8shell-exec-v1";

const lost = ({ code, reason }: SocketEnd): K8shellError => {
  if (code === 1008) {
    return new K8shellError(`The server ended the command: ${reason}.`, { status: 0, code: "forbidden" });
  }
  const words = code === 1012 ? "The server restarts" : "The connection was lost";
  return new K8shellError(`${words}, which ends the command.`, { status: 0, code: "network_error" });
};

async function* chunksOf(source: NonNullable<ExecOptions["stdin"]>): AsyncGenerator<Chunk, void, void> {
  if (typeof source === "string" || source instanceof Uint8Array) {
    yield source;
    return;
  }
  if (!(source instanceof ReadableStream)) {
    yield* source;
    return;
  }
  // Not every browser's streams can be iterated over.
  const reader = source.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/**
 * Runs a command in a workspace, over a WebSocket.
 * @param command a line for the workspace's shell; or a program and its arguments, which no shell interprets
 * @throws K8shellError when the server refuses it or cannot be reached
 */
export const startCommand = async (
  transport: Transport,
  workspace: string,
  command: string | readonly string[],
  { env, cwd, stdin, signal, timeoutMs }: ExecOptions = {},
): Promise<Command> => {
  const exit = Promise.withResolvers<number>();
  // Whoever does not wait has no use for the failure.
  exit.promise.catch(() => {});
  let socket: Socket | undefined;
  let isOver = false;
  let isRead = false;
  const output = createPacedQueue<CommandOutput>(
    () => socket,
    () => socket?.cut(),
  );
  const fail = (error: unknown) => {
    if (isOver) return;
    isOver = true;
    signal?.removeEventListener("abort", abort);
    output.fail(error);
    exit.reject(error);
  };
  const abort = () => {
    fail(signal?.reason);
    socket?.close();
  };

  const opened = await openSocket(transport, {
    path: `/api/v1/workspaces/${encodeURIComponent(workspace)}/exec`,
    protocols: [protocol],
    signal,
    timeoutMs,
    onMessage(data) {
      const frame = readFrame(data);
      switch (frame.type) {
        case "stdout":
        case "stderr":
          if (!isOver) output.push({ stream: frame.type, data: frame.data }, frame.data.length);
          break;
        case "exit":
          if (isOver) return;
          isOver = true;
          signal?.removeEventListener("abort", abort);
          output.end();
          exit.resolve(frame.exitCode);
          break;
        case "error":
          fail(
            new K8shellError(`The command could not be run: ${frame.message}.`, {
              status: 0,
              code: "command_failed",
            }),
          );
          break;
        default:
        // A newer server's.
      }
    },
    onClose: (end) => fail(lost(end)),
  });
  socket = opened;
  signal?.addEventListener("abort", abort, { once: true });
  opened.send(controlFrame({ command, env, cwd }));

  const text = new TextEncoder();
  const write = async (chunk: Chunk): Promise<void> => {
    const data = typeof chunk === "string" ? text.encode(chunk) : chunk;
    await sendPaced(opened, data, () => isOver, inputFrame);
  };
  const endInput = () => {
    if (!isOver) opened.send(inputFrame(new Uint8Array()));
  };
  const feed = async (source: NonNullable<ExecOptions["stdin"]>) => {
    for await (const chunk of chunksOf(source)) {
      if (isOver) return;
      await write(chunk);
    }
    endInput();
  };
  if (stdin !== undefined) {
    feed(stdin).catch((error: unknown) => {
      fail(error);
      opened.close();
    });
  }

  const drop = async () => {
    for await (const _ of output);
  };
  return {
    write,
    endInput,
    kill(name) {
      if (!isOver) opened.send(controlFrame({ signal: name }));
    },
    wait() {
      if (!isRead) {
        isRead = true;
        drop().catch(() => {});
      }
      return exit.promise;
    },
    async *[Symbol.asyncIterator]() {
      if (isRead) throw new TypeError("The output of a command can be read once.");
      isRead = true;
      let isComplete = false;
      try {
        yield* output;
        isComplete = true;
      } finally {
        // Leaving the loop leaves the command to `wait`.
        if (!isComplete) drop().catch(() => {});
      }
    },
  };
};
