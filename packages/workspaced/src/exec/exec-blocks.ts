import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Log } from "@k8shell/contract";
import {
  ExecRequestSchema,
  ExecResponseSchema,
  SshService,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { type BlockMethod, Code, methodPath, RpcError, type ServedBlockEvents } from "@k8shell/rpc";
import { type BufferPool, createBufferPool, type SftpInput } from "@k8shell/sftp";
import { requireUser } from "../calls/as-user.ts";
import { requireId } from "../calls/request-stream.ts";
import type { RecentIds } from "./recent-ids.ts";
import { isSftpCommand } from "./sftp-exec.ts";

/** Bytes a client may send ahead of the server. */
const window = 1024 * 1024;

/** What SFTP over blocks needs. */
export interface ExecBlocksDeps {
  readonly username: string;
  readonly ids: RecentIds;
  readonly log: Log;
  /** The SFTP server. What it yields may be given back to `memory`. */
  readonly runSftp: (input: SftpInput, memory: BufferPool) => AsyncIterable<Uint8Array>;
}

const exitCode = (value: number): Buffer =>
  Buffer.from(
    toBinary(ExecResponseSchema, create(ExecResponseSchema, { response: { case: "exitCode", value } })),
  );

/**
 * SshService.Exec for clients that send blocks, of the SFTP server only: the same calls as `createExecMethod`, without a
 * copy of what is transferred.
 */
export const createExecBlocks = ({ username, ids, log, runSftp }: ExecBlocksDeps): BlockMethod => ({
  path: methodPath(SshService.method.exec),
  requestTag: 0x12,
  responseTag: 0x0a,
  window,
  serve(call) {
    let sink: Parameters<SftpInput["start"]>[0] | undefined;
    let release: (() => void) | undefined;
    let gone = false;
    let drained: (() => void) | undefined;

    const run = async () => {
      const memory = createBufferPool();
      const input: SftpInput = {
        start(receiver) {
          sink = receiver;
        },
        pause: call.pause,
        resume: call.resume,
      };
      for await (const chunk of runSftp(input, memory)) {
        if (gone) return;
        const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
        if (call.write(bytes, () => memory.give(bytes))) continue;
        await new Promise<void>((resolve) => {
          drained = resolve;
        });
      }
      if (gone) return;
      call.send(exitCode(0));
      call.finish();
    };
    const begin = (message: Buffer) => {
      const { request } = fromBinary(ExecRequestSchema, message);
      if (request.case !== "commandDetails") {
        throw new RpcError(Code.InvalidArgument, "the first message must be command_details");
      }
      if (!isSftpCommand(request.value)) {
        throw new RpcError(Code.Unimplemented, "this connection carries SFTP only");
      }
      const id = requireId(call, "exec-id");
      requireUser(request.value.asUser, username);
      release = ids.take(id);
      log.debug({ exec: id }, "exec started");
      run()
        .catch(call.finish)
        .finally(() => {
          release?.();
          log.debug({ exec: id }, "exec ended");
        });
    };

    return {
      onMessage(message) {
        if (release) return;
        try {
          begin(message);
        } catch (error) {
          call.finish(error);
        }
      },
      onBlock: (piece) => sink?.chunk(piece),
      onDrain() {
        drained?.();
        drained = undefined;
      },
      onEnd: () => sink?.end(),
      onGone() {
        gone = true;
        sink?.end();
        drained?.();
      },
    } satisfies ServedBlockEvents;
  },
});
