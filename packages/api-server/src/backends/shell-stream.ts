import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  ShellRequestSchema,
  type ShellResponse,
  ShellResponseSchema,
  SshService,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { type BlockChannel, methodPath, type RpcError } from "@k8shell/rpc";
import { readMessage } from "./block-message.ts";
import { bufferOf, writeFrames } from "./data-frames.ts";

/** What comes out of a shell. */
export interface ShellStreamEvents {
  /** What the shell prints. The buffer is lent for the time of the call. */
  onOutput(bytes: Buffer): void;
  /** Every other message. */
  onMessage(response: ShellResponse["response"]): void;
  /** There is room again after `write` answered false. */
  onDrain(): void;
  /** Once and last. No error: the shell has ended, or was detached by keys. */
  onEnd(error: RpcError | undefined): void;
}

/** One Shell call. */
export interface ShellStream {
  /** False when the caller should wait for `onDrain`. What is written is kept and sent in any case. */
  write(bytes: Buffer): boolean;
  send(request: NonNullable<MessageInitShape<typeof ShellRequestSchema>["request"]>): void;
  /** Holds the output back: it stays in the flow-control window. */
  pause(): void;
  resume(): void;
  /** A half-close: ends the shell. */
  end(): void;
  /** Cancels the call, which detaches a shell that was started so; `onEnd` is not called. */
  cancel(): void;
}

/** Begins a call for the session `shellId`; the first message to send is the start request. */
export type OpenShellStream = (
  shellId: string,
  start: Parameters<ShellStream["send"]>[0],
  events: ShellStreamEvents,
) => ShellStream;

const path = methodPath(SshService.method.shell);
/** Keys of the field `data`: number 3 in requests, 2 in responses; bytes. */
const requestTag = 0x1a;
const responseTag = 0x12;

const encode = (request: Parameters<ShellStream["send"]>[0]): Buffer =>
  Buffer.from(toBinary(ShellRequestSchema, create(ShellRequestSchema, { request })));

/** @param channel whose pieces may be lent */
export const createShellStreams =
  (channel: BlockChannel): OpenShellStream =>
  (shellId, start, { onOutput, onMessage, onDrain, onEnd }) => {
    const call = channel.open(
      { path, metadata: { "session-id": shellId }, first: encode(start), requestTag, responseTag },
      {
        onBlock: onOutput,
        onMessage(message) {
          const response = readMessage(ShellResponseSchema, message, call, onEnd)?.response;
          if (!response) return;
          // Output beside which a newer daemon says more is no block.
          if (response.case === "data") onOutput(bufferOf(response.value));
          else onMessage(response);
        },
        onDrain,
        onEnd,
      },
    );
    return {
      write: (bytes) => writeFrames(call, bytes),
      send: (request) => call.send(encode(request)),
      pause: call.pause,
      resume: call.resume,
      end: call.end,
      cancel: call.destroy,
    };
  };
