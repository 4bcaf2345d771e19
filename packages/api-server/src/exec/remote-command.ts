import { Code, createPipe, RpcError } from "@k8shell/rpc";
import type { WorkspaceClient } from "../backends/backends.ts";
import { bufferOf } from "../backends/data-frames.ts";

/** Pieces of output that may wait for their reader, at most 64 KiB each. */
const maxQueued = 8;
/** Signals that end a command, and their numbers (POSIX). */
const endingSignals: ReadonlyMap<string, number> = new Map([
  ["HUP", 1],
  ["INT", 2],
  ["QUIT", 3],
  ["KILL", 9],
  ["TERM", 15],
]);
/** How long a command that was told to end may take before it is ended by force, milliseconds. */
const endMs = 3_000;

export type CommandEvent =
  /** The data is the reader's. */
  | { readonly type: "stdout" | "stderr"; readonly data: Uint8Array }
  /** The last event. 127: not found; 126: not executable; 128 + n: ended by signal n. */
  | { readonly type: "exit"; readonly exitCode: number };

export interface RemoteCommand {
  /**
   * What it prints, then how it ended. Reading slowly holds the command back. Leaving the loop, or a lost connection
   * (which throws RpcError), ends the command.
   */
  readonly events: AsyncIterable<CommandEvent>;
  /**
   * Writes to its standard input; resolves to whether it takes more.
   * @param sent called when nobody looks at `data` any more; not when the command ends before
   */
  write(data: Uint8Array, sent?: () => void): Promise<boolean>;
  /** Ends its standard input. */
  endInput(): void;
  /**
   * Sends it a signal, e.g. `INT`. The workspace takes no more input after one. Once its input has ended the call can carry
   * nothing more (a half-close): a signal that ends a command then ends the call, and with it the command.
   */
  kill(signal: string): void;
  /** Tells it to end, and ends it by force when it does not. */
  terminate(): void;
}

/**
 * Starts a command in a workspace.
 * @param line for the workspace's shell
 * @param environment further variables, `NAME=value`
 * @param signal ends the command when it aborts
 */
export const startCommand = (
  { exec }: Pick<WorkspaceClient, "exec">,
  line: string,
  environment: readonly string[],
  signal: AbortSignal,
): RemoteCommand => {
  const events = createPipe<CommandEvent>(maxQueued);
  let over = false;
  let inputEnded = false;
  let held = false;
  let drained: PromiseWithResolvers<void> | undefined;
  let force: NodeJS.Timeout | undefined;

  const finish = () => {
    over = true;
    clearTimeout(force);
    signal.removeEventListener("abort", stop);
    drained?.resolve();
  };
  const push = (event: CommandEvent) => {
    const room = events.write(event);
    if (events.length < maxQueued || held) return;
    held = true;
    stream.pause();
    void room.then(() => {
      held = false;
      if (!over) stream.resume();
    });
  };
  const stream = exec(
    { command: line, envVars: [...environment] },
    {
      onOutput: (type, bytes) => push({ type, data: Buffer.from(bytes) }),
      onExit: (exitCode) => push({ type: "exit", exitCode }),
      onDrain() {
        drained?.resolve();
        drained = undefined;
      },
      onEnd(error) {
        finish();
        events.fail(
          error ?? new RpcError(Code.Unavailable, "the command's connection ended before the command"),
        );
      },
    },
  );
  const stop = () => {
    if (over) return;
    stream.cancel();
    finish();
    events.abort(new RpcError(Code.Canceled, "the command was given up"));
  };
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();

  const read = async function* (): AsyncGenerator<CommandEvent> {
    try {
      for await (const event of events) {
        yield event;
        if (event.type === "exit") return;
      }
    } finally {
      stop();
    }
  };

  return {
    events: read(),
    async write(data, sent) {
      if (over || inputEnded) return false;
      if (!stream.write(bufferOf(data), sent)) {
        drained ??= Promise.withResolvers();
        await drained.promise;
      }
      return !over;
    },
    endInput() {
      if (over || inputEnded) return;
      inputEnded = true;
      stream.end();
    },
    kill(name) {
      if (over) return;
      if (!inputEnded) return stream.signal(name);
      const number = endingSignals.get(name.toUpperCase().replace(/^SIG/, ""));
      if (number === undefined) return;
      void events.write({ type: "exit", exitCode: 128 + number });
      stream.cancel();
      finish();
    },
    terminate() {
      if (force || over) return;
      if (inputEnded) return stop();
      stream.signal("TERM");
      force = setTimeout(stop, endMs);
    },
  };
};
