import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ExecRequestSchema, ExecResponseSchema } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { type BlockChannel, Code, RpcError } from "@k8shell/rpc";
import type { SftpStream } from "@k8shell/sftp";
import { bufferOf } from "./data-frames.ts";
import { execCall } from "./exec-stream.ts";

/** The bytes of an SFTP session, and how to end it by force. */
export interface SftpCall extends SftpStream {
  cancel(): void;
}

/**
 * Starts the SFTP server of the workspace (Exec of its path, grpc-behaviour section 4, "SFTP"). Nothing is awaited: a
 * workspace that cannot be reached fails what is read.
 * @param onLog takes what the server says about itself
 */
export type OpenSftpCall = (onLog: (text: string) => void) => SftpCall;

/** Bytes the server may send ahead of the gateway. */
const window = 2 * 1024 * 1024;
/** No arguments, no shell. */
const command = "/usr/local/bin/sftp";

const commandDetails = Buffer.from(
  toBinary(
    ExecRequestSchema,
    create(ExecRequestSchema, { request: { case: "commandDetails", value: { command } } }),
  ),
);

export const createSftpOpener =
  (channel: BlockChannel): OpenSftpCall =>
  (onLog) => {
    const over = Promise.withResolvers<void>();
    // Whoever reads is told; nobody need read.
    over.promise.catch(() => {});
    let onChunk: (chunk: Uint8Array) => void = () => undefined;
    let drained: (() => void) | undefined;
    let ended: RpcError | undefined;
    let exitCode: number | undefined;

    const end = (error: RpcError | undefined) => {
      ended ??= error ?? new RpcError(Code.Unavailable, "the sftp server takes no more requests");
      drained?.();
      if (error) over.reject(error);
      else if (exitCode !== undefined && exitCode !== 0) {
        over.reject(new RpcError(Code.Unimplemented, `the sftp server ended with code ${exitCode}`));
      } else over.resolve();
    };
    const take = (piece: Buffer) => {
      try {
        onChunk(piece);
      } catch (error) {
        // The server breaks the protocol.
        call.destroy();
        over.reject(error);
      }
    };
    const call = channel.open(
      {
        ...execCall(),
        first: commandDetails,
        window,
      },
      {
        onBlock: take,
        onMessage(message) {
          const { response } = fromBinary(ExecResponseSchema, message);
          // Beside which a newer daemon says more, or it would be a block.
          if (response.case === "stdout") take(bufferOf(response.value));
          else if (response.case === "stderr")
            onLog(Buffer.from(response.value).toString("utf8").slice(0, 500));
          else if (response.case === "exitCode") exitCode = response.value;
        },
        onDrain() {
          drained?.();
        },
        onEnd: end,
      },
    );

    return {
      input(receiver) {
        onChunk = receiver;
        return over.promise;
      },
      write(chunk, sent) {
        if (ended) return Promise.reject(ended);
        if (call.write(chunk, sent)) return undefined;
        return new Promise((resolve, reject) => {
          drained = () => {
            drained = undefined;
            if (ended) reject(ended);
            else resolve();
          };
        });
      },
      end: () => call.end(),
      cancel() {
        call.destroy();
        end(new RpcError(Code.Canceled, "the session was given up"));
      },
    };
  };
