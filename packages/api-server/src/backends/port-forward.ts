import { randomBytes } from "node:crypto";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  PortForwardRequestSchema,
  PortForwardResponseSchema,
  SshService,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { Code, type GrpcChannel, type OpenCall, RpcError } from "@k8shell/rpc";

/** What happens to a forwarded connection. */
export interface ForwardEvents {
  /** Bytes of the target. The buffer is the receiver's. */
  onData(bytes: Buffer): void;
  /** There is room again after `write` answered false. */
  onDrain(): void;
  /** Once and last: the target closed the connection (no error), or it could not be reached or was lost. */
  onClose(error: RpcError | undefined): void;
}

/** One TCP connection inside a workspace. */
export interface ForwardStream {
  /** False when the caller should wait for `onDrain`. What is written is kept and sent in any case. */
  write(bytes: Buffer): boolean;
  /** Holds the target's bytes back: they stay in the flow-control window. */
  pause(): void;
  resume(): void;
  /** Sends what is queued, then ends the connection; there is no half-close. */
  end(): void;
  /** Ends the connection at once; `onClose` is not called. */
  destroy(): void;
}

/**
 * Opens a connection to a port of the workspace. There is no acknowledgement: bytes may be written at once, and a
 * target that cannot be reached ends the stream with Unavailable (grpc-behaviour section 4, PortForward).
 */
export type OpenForward = (target: { host: string; port: number }, events: ForwardEvents) => ForwardStream;

/** Largest data frame, bytes (grpc-behaviour section 4). */
const maxFrame = 32 * 1024;
/** Bytes accepted beyond those under way before a writer is asked to wait. */
const maxQueued = 256 * 1024;

const dataTag = 0x12;
const responseTag = 0x0a;

/** `PortForwardRequest{data}`: field 2, one block of bytes. */
const encodeData = (parts: readonly Buffer[], size: number): Buffer => {
  const head = size < 0x80 ? 2 : size < 0x4000 ? 3 : 4;
  const message = Buffer.allocUnsafe(head + size);
  message[0] = dataTag;
  let at = 1;
  let rest = size;
  for (; rest > 0x7f; rest >>>= 7) message[at++] = (rest & 0x7f) | 0x80;
  message[at++] = rest;
  for (const part of parts) at += part.copy(message, at);
  return message;
};

/** The data of a `PortForwardResponse` without a copy; anything but one block of bytes takes the general way. */
const decodeData = (message: Buffer): Buffer => {
  if (message[0] === responseTag) {
    let size = 0;
    let at = 1;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = message[at++] ?? 0;
      size |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (at + size === message.length) return message.subarray(at);
  }
  const { data } = fromBinary(PortForwardResponseSchema, message);
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
};

export const createForwardOpener =
  (channel: Pick<GrpcChannel, "open">): OpenForward =>
  ({ host, port }, { onData, onDrain, onClose }) => {
    let call: OpenCall | undefined;
    let queue: Buffer[] = [];
    let queued = 0;
    let sending = false;
    let paused = false;
    let reading = false;
    let waiting = false;
    let over = false;
    let ending = false;

    const end = (error: RpcError | undefined) => {
      if (over) return;
      over = true;
      queue = [];
      onClose(error);
    };
    const read = () => {
      if (reading || paused || over) return;
      reading = true;
      call?.read();
    };
    const sent = () => {
      sending = false;
      send();
      if (waiting && queued < maxQueued && !over) {
        waiting = false;
        onDrain();
      }
    };
    /** Everything that waits leaves in as few messages as may be. */
    const send = () => {
      if (sending || over || !call) return;
      if (queued === 0) {
        if (ending) call.halfClose();
        return;
      }
      const parts: Buffer[] = [];
      let size = 0;
      while (size < maxFrame) {
        const [first] = queue;
        if (!first) break;
        const room = maxFrame - size;
        if (first.length > room) {
          parts.push(first.subarray(0, room));
          queue[0] = first.subarray(room);
          size = maxFrame;
        } else {
          parts.push(first);
          queue.shift();
          size += first.length;
        }
      }
      queued -= size;
      sending = true;
      call.send(encodeData(parts, size), sent);
    };

    call = channel.open(
      SshService.method.portForward,
      { metadata: { "portforward-id": `rp-${randomBytes(8).toString("hex")}` } },
      {
        onMessage(bytes) {
          reading = false;
          if (over) return;
          onData(decodeData(bytes));
          read();
        },
        onEnd: (error) => end(error),
      },
    );
    sending = true;
    const destination = create(PortForwardRequestSchema, {
      request: { case: "destination", value: { ip: host, port } },
    });
    call.send(Buffer.from(toBinary(PortForwardRequestSchema, destination)), sent);
    read();

    return {
      write(bytes) {
        if (over || ending) return true;
        if (bytes.length > 0) {
          queue.push(bytes);
          queued += bytes.length;
          send();
        }
        if (queued < maxQueued) return true;
        waiting = true;
        return false;
      },
      pause() {
        paused = true;
      },
      resume() {
        paused = false;
        read();
      },
      end() {
        if (ending) return;
        ending = true;
        send();
      },
      destroy() {
        if (over) return;
        over = true;
        queue = [];
        call?.cancel(new RpcError(Code.Canceled, "the connection was closed"));
      },
    };
  };
