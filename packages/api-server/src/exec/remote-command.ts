import { randomBytes } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ExecRequestSchema } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { Code, createPipe, RpcError } from "@k8shell/rpc";
import type { WorkspaceClient } from "../backends/backends.ts";

type Frame = MessageInitShape<typeof ExecRequestSchema>;

/** Largest frame to a command, bytes (grpc-behaviour section 4). */
const maxInput = 32 * 1024;
const maxQueuedFrames = 16;
/** How long a command that was told to end may take before it is ended by force, milliseconds. */
const endMs = 3_000;

export type CommandEvent =
  | { readonly type: "stdout" | "stderr"; readonly data: Uint8Array }
  /** The last event. 127: not found; 126: not executable; 128 + n: ended by signal n. */
  | { readonly type: "exit"; readonly exitCode: number };

export interface RemoteCommand {
  /**
   * What it prints, then how it ended. Reading slowly holds the command back. Leaving the loop, or a lost connection
   * (which throws RpcError), ends the command.
   */
  readonly events: AsyncIterable<CommandEvent>;
  /** Writes to its standard input; resolves to whether it takes more. */
  write(data: Uint8Array): Promise<boolean>;
  /** Ends its standard input. */
  endInput(): void;
  /** Sends it a signal, e.g. `INT`. The workspace takes no more input after one. */
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
  { ssh }: WorkspaceClient,
  line: string,
  environment: readonly string[],
  signal: AbortSignal,
): RemoteCommand => {
  const requests = createPipe<Frame>(maxQueuedFrames);
  const call = new AbortController();
  const stop = () => call.abort();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  void requests.write({
    request: { case: "commandDetails", value: { command: line, envVars: [...environment] } },
  });
  const responses = ssh.exec(requests, {
    metadata: { "exec-id": `ex-${randomBytes(12).toString("hex")}` },
    signal: call.signal,
  });
  let force: ReturnType<typeof setTimeout> | undefined;

  const events = async function* (): AsyncGenerator<CommandEvent> {
    try {
      for await (const { response } of responses) {
        if (response.case === "stdout" || response.case === "stderr") {
          yield { type: response.case, data: response.value };
        } else if (response.case === "exitCode") {
          yield { type: "exit", exitCode: response.value };
          return;
        }
      }
      throw new RpcError(Code.Unavailable, "the command's connection ended before the command");
    } finally {
      clearTimeout(force);
      signal.removeEventListener("abort", stop);
      requests.end();
      call.abort();
    }
  };

  return {
    events: events(),
    async write(data) {
      for (let start = 0; start < data.length; start += maxInput) {
        const value = data.subarray(start, start + maxInput);
        if (!(await requests.write({ request: { case: "input", value } }))) return false;
      }
      return true;
    },
    endInput: () => requests.end(),
    kill(name) {
      void requests.write({ request: { case: "signal", value: name } });
    },
    terminate() {
      if (force) return;
      void requests.write({ request: { case: "signal", value: "TERM" } });
      force = setTimeout(stop, endMs);
    },
  };
};
