import { randomBytes } from "node:crypto";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  type CommandDetailsSchema,
  ExecRequestSchema,
  ExecResponseSchema,
  SshService,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { type BlockChannel, methodPath, type RpcError } from "@k8shell/rpc";
import { readMessage } from "./block-message.ts";
import { writeFrames } from "./data-frames.ts";

/** What comes out of a command. */
export interface ExecEvents {
  /** Output. The bytes are the receiver's only until it returns. */
  onOutput(name: "stdout" | "stderr", bytes: Uint8Array): void;
  onExit(code: number): void;
  /** There is room again after `write` answered false. */
  onDrain(): void;
  /** Once and last. No error does not mean that the command has told its end. */
  onEnd(error: RpcError | undefined): void;
}

/** One command in a workspace. */
export interface ExecStream {
  /**
   * Writes to its standard input. False: wait for `onDrain`. What is written is kept and sent in any case.
   * @param sent as of `BlockCall.write`
   */
  write(bytes: Buffer, sent?: () => void): boolean;
  /** Sends it a signal, e.g. `INT`. */
  signal(name: string): void;
  /** Ends its standard input. */
  end(): void;
  /** Holds its output back: it stays in the flow-control window. */
  pause(): void;
  resume(): void;
  /** Cancels the call, which ends the command; `onEnd` is not called. */
  cancel(): void;
}

/** Starts a command in the workspace (Exec, grpc-behaviour section 4). */
export type OpenExec = (
  details: MessageInitShape<typeof CommandDetailsSchema>,
  events: ExecEvents,
) => ExecStream;

/**
 * What every Exec call begins with. The tags are keys of the fields `input` (number 2 in requests) and `stdout` (number 1 in
 * responses); bytes.
 */
export const execCall = () => ({
  path: methodPath(SshService.method.exec),
  metadata: { "exec-id": `ex-${randomBytes(12).toString("hex")}` },
  requestTag: 0x12,
  responseTag: 0x0a,
});

const encode = (request: MessageInitShape<typeof ExecRequestSchema>["request"]): Buffer =>
  Buffer.from(toBinary(ExecRequestSchema, create(ExecRequestSchema, { request })));

export const createExecStreams =
  (channel: BlockChannel): OpenExec =>
  (details, { onOutput, onExit, onDrain, onEnd }) => {
    const call = channel.open(
      { ...execCall(), first: encode({ case: "commandDetails", value: details }) },
      {
        onBlock: (piece) => onOutput("stdout", piece),
        onMessage(message) {
          const response = readMessage(ExecResponseSchema, message, call, onEnd)?.response;
          if (!response) return;
          // Output beside which a newer daemon says more is no block; neither is an empty one.
          if (response.case === "stdout" || response.case === "stderr") {
            if (response.value.length > 0) onOutput(response.case, response.value);
          } else if (response.case === "exitCode") onExit(response.value);
        },
        onDrain,
        onEnd,
      },
    );
    return {
      write: (bytes, sent) => writeFrames(call, bytes, sent),
      signal: (name) => call.send(encode({ case: "signal", value: name })),
      end: call.end,
      pause: call.pause,
      resume: call.resume,
      cancel: call.destroy,
    };
  };
