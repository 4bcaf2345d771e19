import { connect, type Socket } from "node:net";
import { fromBinary } from "@bufbuild/protobuf";
import { PortForwardRequestSchema, SshService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import {
  type BlockMethod,
  Code,
  createLentWriter,
  freeMemory,
  type LentWriter,
  methodPath,
  RpcError,
  type ServedBlockCall,
  type ServedBlockEvents,
} from "@k8shell/rpc";
import { destinationOf } from "./port-forward.ts";

/** Largest data frame, bytes (grpc-behaviour section 4). */
const maxFrame = 32 * 1024;
/** Milliseconds a target may take to accept a connection. */
const dialTimeoutMs = 10_000;

/**
 * Beyond the platform's protocol, which has no half-close: a client that says so ends its own side only, and the target may
 * still answer. The header of the same name in the answer tells that this daemon does it.
 */
const halfClose = "half-close";

const serve = (call: ServedBlockCall): ServedBlockEvents => {
  const halfCloses = call.metadata[halfClose] === "1";
  let socket: Socket | undefined;
  let writer: LentWriter | undefined;
  let connected = false;

  const open = (message: Buffer) => {
    const { ip, port } = destinationOf(fromBinary(PortForwardRequestSchema, message));
    const target = connect({ host: ip, port, noDelay: true });
    const refuse = (reason: string) =>
      call.finish(new RpcError(Code.Unavailable, `cannot connect to port ${port}: ${reason}`));
    const timer = setTimeout(() => {
      refuse("timed out");
      target.destroy();
    }, dialTimeoutMs);
    target.on("connect", () => {
      connected = true;
      clearTimeout(timer);
    });
    target.on("data", (bytes: Buffer) => {
      let room = true;
      for (let at = 0; at < bytes.length; at += maxFrame) {
        const isLast = at + maxFrame >= bytes.length;
        const piece = bytes.length <= maxFrame ? bytes : bytes.subarray(at, at + maxFrame);
        room = call.write(piece, isLast ? () => freeMemory(bytes) : undefined);
      }
      if (!room) target.pause();
    });
    target.on("drain", call.resume);
    target.on("error", (error) => {
      // A reset by the target ends the stream as its end of file does.
      if (!connected) refuse("code" in error ? String(error.code) : "error");
    });
    target.on("close", () => {
      clearTimeout(timer);
      call.finish();
    });
    socket = target;
    writer = createLentWriter(target);
  };

  return {
    onMessage(message) {
      if (socket) return;
      try {
        open(message);
      } catch (error) {
        call.finish(error);
      }
    },
    onBlock(piece) {
      if (!writer) call.finish(new RpcError(Code.InvalidArgument, "the first message must be destination"));
      else if (!writer.write(piece)) call.pause();
    },
    onDrain: () => void socket?.resume(),
    onEnd() {
      writer?.flush();
      if (halfCloses) socket?.end();
      // Else the connection goes once what was sent has been written.
      else socket?.destroySoon();
    },
    onGone: () => void socket?.destroy(),
  };
};

/** SshService.PortForward for clients that send blocks: the same calls as `createPortForwardMethod`, without its iterators. */
export const createPortForwardBlocks = (): BlockMethod => ({
  path: methodPath(SshService.method.portForward),
  requestTag: 0x12,
  responseTag: 0x0a,
  headers: { [halfClose]: "1" },
  serve,
});
