import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ShellStartRequestSchema } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import type { WorkspaceClient } from "../backends/backends.ts";
import { bufferOf } from "../backends/data-frames.ts";

/** Who reads a shell's output. */
export interface ShellReader {
  /** What the shell prints, at most 64 KiB at a time, lent for the time of the call. */
  onOutput(bytes: Uint8Array): void;
  /** Once and last. No error: the end of the shell, or a detach by keys; a lost connection is an RpcError. */
  onEnd(error: RpcError | undefined): void;
}

/** A client's end of one Shell call that has started. */
export interface ShellCall {
  /**
   * How many bytes the shell had printed before the first that is read. Undefined where the workspace does not number
   * its output.
   */
  readonly offset: number | undefined;
  /** Begins to read. */
  read(reader: ShellReader): void;
  /** Holds the output back until `resume`. What has been received already, at most 64 KiB, may still come. */
  pause(): void;
  resume(): void;
  /** Exit status of the shell, after `onEnd`, where the workspace tells it. */
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

const room = Promise.resolve();
/** How long a workspace may take to start a shell, milliseconds. */
const startMs = 20_000;

/**
 * Starts or attaches to a shell and waits until it has started.
 * @param start with `lockId` an attach to the session `shellId`, else a new shell of that id
 * @throws RpcError
 */
export const startShell = async (
  { shell }: WorkspaceClient,
  shellId: string,
  start: MessageInitShape<typeof ShellStartRequestSchema>,
): Promise<ShellCall> => {
  const started = Promise.withResolvers<void>();
  let offset: number | undefined;
  let exitCode: number | undefined;
  let reader: ShellReader | undefined;
  let early: Buffer[] = [];
  let end: { readonly error: RpcError | undefined } | undefined;
  let drained: PromiseWithResolvers<void> | undefined;

  const finish = (error: RpcError | undefined) => {
    if (end) return;
    end = { error };
    drained?.resolve();
    started.reject(error ?? new RpcError(Code.Unavailable, "the shell ended before it started"));
    reader?.onEnd(error);
  };
  const stream = shell(
    shellId,
    { case: "startRequest", value: { ...start, numberedOutput: true } },
    {
      onOutput(bytes) {
        if (end) return;
        if (reader) reader.onOutput(bytes);
        else {
          // A k8shelld that does not tell its start, or output right behind it.
          stream.pause();
          early.push(Buffer.from(bytes));
          started.resolve();
        }
      },
      onMessage(response) {
        if (response.case === "startResponse") {
          if (response.value.offset !== undefined) offset = Number(response.value.offset);
          started.resolve();
        } else if (response.case === "exit") exitCode = response.value.code;
        else if (response.case === "terminate") {
          stream.cancel();
          finish(undefined);
        }
      },
      onDrain() {
        drained?.resolve();
        drained = undefined;
      },
      onEnd: finish,
    },
  );
  const timer = setTimeout(() => {
    stream.cancel();
    finish(new RpcError(Code.DeadlineExceeded, "the shell did not start in time"));
  }, startMs);
  await started.promise.finally(() => clearTimeout(timer));

  return {
    offset,
    read(given) {
      reader = given;
      const waiting = early;
      early = [];
      for (const bytes of waiting) given.onOutput(bytes);
      if (end) given.onEnd(end.error);
      else stream.resume();
    },
    pause: stream.pause,
    resume: stream.resume,
    exitCode: () => exitCode,
    acknowledge(upTo) {
      if (offset === undefined || end) return;
      stream.send({ case: "acknowledge", value: BigInt(upTo) });
    },
    write(data) {
      if (end) return room;
      if (stream.write(bufferOf(data))) return room;
      drained ??= Promise.withResolvers();
      return drained.promise;
    },
    end: stream.end,
    detach() {
      if (end) return;
      end = { error: undefined };
      drained?.resolve();
      stream.cancel();
    },
  };
};
