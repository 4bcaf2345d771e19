import { randomBytes } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import {
  PortForwardRequestSchema,
  PortForwardResponseSchema,
  SshService,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { type BlockChannel, methodPath, type RpcError } from "@k8shell/rpc";
import { readMessage } from "./block-message.ts";
import { bufferOf, writeFrames } from "./data-frames.ts";

/** What happens to a forwarded connection. */
export interface ForwardEvents {
  /** Bytes of the target, the receiver's only until it returns. */
  onData(bytes: Buffer): void;
  /** There is room again after `write` answered false. */
  onDrain(): void;
  /** The workspace has begun to connect. `halfCloses`: `end` will end this side only. */
  onBegin?(halfCloses: boolean): void;
  /** Once and last: the target closed the connection (no error), or it could not be reached or was lost. */
  onClose(error: RpcError | undefined): void;
}

/** One TCP connection inside a workspace. */
export interface ForwardStream {
  /**
   * False when the caller should wait for `onDrain`. What is written is kept and sent in any case.
   * @param sent called, where that can be known, when nobody looks at `bytes` any more; not when the connection ends before
   */
  write(bytes: Buffer, sent?: () => void): boolean;
  /** Holds the target's bytes back: they stay in the flow-control window. */
  pause(): void;
  resume(): void;
  /** Sends what is queued, then ends the connection; or only this side of it, see `onBegin`. */
  end(): void;
  /** Ends the connection at once; `onClose` is not called. */
  destroy(): void;
}

/**
 * Opens a connection to a port of the workspace. There is no acknowledgement: bytes may be written at once, and a
 * target that cannot be reached ends the stream with Unavailable (grpc-behaviour section 4, PortForward).
 */
export type OpenForward = (target: ForwardTarget, events: ForwardEvents) => ForwardStream;

export interface ForwardTarget {
  readonly host: string;
  readonly port: number;
  /** Ask for a connection whose sides end one by one. Only this project's daemon has them. */
  readonly halfClose?: boolean;
}

/** Metadata of the request and header of the answer. */
const halfCloseKey = "half-close";
const path = methodPath(SshService.method.portForward);
/** Keys of the field `data`: number 2 in requests, 1 in responses; bytes. */
const requestTag = 0x12;
const responseTag = 0x0a;

export const createForwardOpener =
  (channel: BlockChannel): OpenForward =>
  ({ host, port, halfClose = false }, { onData, onDrain, onBegin, onClose }) => {
    const destination = create(PortForwardRequestSchema, {
      request: { case: "destination", value: { ip: host, port } },
    });
    const call = channel.open(
      {
        path,
        metadata: {
          "portforward-id": `rp-${randomBytes(8).toString("hex")}`,
          ...(halfClose ? { [halfCloseKey]: "1" } : {}),
        },
        first: Buffer.from(toBinary(PortForwardRequestSchema, destination)),
        requestTag,
        responseTag,
      },
      {
        onBlock: onData,
        onMessage(message) {
          // Data beside which a newer daemon says more, or it would be a block; or nothing.
          const data = readMessage(PortForwardResponseSchema, message, call, onClose)?.data;
          if (data && data.length > 0) onData(bufferOf(data));
        },
        onDrain,
        onEnd: onClose,
        onHeaders: (headers) => onBegin?.(halfClose && headers.get(halfCloseKey) === "1"),
      },
    );
    return {
      write: (bytes, sent) => writeFrames(call, bytes, sent),
      pause: call.pause,
      resume: call.resume,
      end: call.end,
      destroy: call.destroy,
    };
  };
