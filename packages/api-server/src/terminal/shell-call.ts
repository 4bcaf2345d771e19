import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  ShellRequestSchema,
  ShellStartRequestSchema,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { Code, createPipe, RpcError } from "@k8shell/rpc";
import type { WorkspaceClient } from "../backends/backends.ts";

type Frame = MessageInitShape<typeof ShellRequestSchema>;

/** Largest data frame to a shell, bytes (grpc-behaviour section 4). */
const maxInput = 32 * 1024;
/** Frames that may wait for the workspace. */
const maxQueuedFrames = 16;

/** A client's end of one Shell call that has started. */
export interface ShellCall {
  /** What the shell prints. Its end is the end of the shell, or a detach by keys; a lost connection throws RpcError. */
  readonly output: AsyncIterable<Uint8Array>;
  /**
   * How many bytes the shell had printed before the first of `output`. Undefined where the workspace does not number
   * its output.
   */
  readonly offset: number | undefined;
  /** Exit status of the shell, after the end of `output`, where the workspace tells it. */
  exitCode(): number | undefined;
  /** Output up to this offset need not be repeated to whoever attaches next. */
  acknowledge(offset: number): void;
  /** Types; resolves when there is room for more. Input after the end of the shell is dropped. */
  write(data: Uint8Array): Promise<void>;
  /** Ends the shell: a hang-up. */
  end(): void;
  /** Cancels the call: the shell stays if it was started so. Not a half-close, which would end it. */
  detach(): void;
}

/**
 * Starts or attaches to a shell and waits until it has started.
 * @param start with `lockId` an attach to the session `shellId`, else a new shell of that id
 * @throws RpcError
 */
export const startShell = async (
  { ssh }: WorkspaceClient,
  shellId: string,
  start: MessageInitShape<typeof ShellStartRequestSchema>,
): Promise<ShellCall> => {
  const requests = createPipe<Frame>(maxQueuedFrames);
  const call = new AbortController();
  void requests.write({ request: { case: "startRequest", value: { ...start, numberedOutput: true } } });
  const responses = ssh
    .shell(requests, { metadata: { "session-id": shellId }, signal: call.signal })
    [Symbol.asyncIterator]();

  const first = await responses.next();
  if (first.done) throw new RpcError(Code.Unavailable, "the shell ended before it started");
  const early = first.value.response;
  const offset =
    early.case === "startResponse" && early.value.offset !== undefined
      ? Number(early.value.offset)
      : undefined;
  let exitCode: number | undefined;

  const output = async function* (): AsyncGenerator<Uint8Array> {
    if (early.case === "data") yield early.value;
    for (;;) {
      const { value, done } = await responses.next();
      if (done || value.response.case === "terminate") return;
      if (value.response.case === "data") yield value.response.value;
      if (value.response.case === "exit") exitCode = value.response.value.code;
    }
  };

  return {
    output: output(),
    offset,
    exitCode: () => exitCode,
    acknowledge(upTo) {
      if (offset === undefined) return;
      void requests.write({ request: { case: "acknowledge", value: BigInt(upTo) } });
    },
    async write(data) {
      for (let start = 0; start < data.length; start += maxInput) {
        const value = data.subarray(start, start + maxInput);
        if (!(await requests.write({ request: { case: "data", value } }))) return;
      }
    },
    end: () => requests.end(),
    detach: () => call.abort(),
  };
};
