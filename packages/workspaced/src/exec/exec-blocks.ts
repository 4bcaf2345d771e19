import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Log } from "@k8shell/contract";
import {
  ExecRequestSchema,
  ExecResponseSchema,
  SshService,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { type BlockMethod, methodPath, type ServedBlockEvents } from "@k8shell/rpc";
import { type BufferPool, createBufferPool, type SftpInput } from "@k8shell/sftp";
import { requireUser } from "../calls/as-user.ts";
import { requireId } from "../calls/request-stream.ts";
import { execTags } from "./command-blocks.ts";
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
  /** Serves every other command. */
  readonly commands: BlockMethod;
}

const exitCode = (value: number): Buffer =>
  Buffer.from(
    toBinary(ExecResponseSchema, create(ExecResponseSchema, { response: { case: "exitCode", value } })),
  );

/** SshService.Exec for clients that send blocks: the same calls as `createExecMethod`, without a copy of files. */
export const createExecBlocks = ({ username, ids, log, runSftp, commands }: ExecBlocksDeps): BlockMethod => ({
  path: methodPath(SshService.method.exec),
  ...execTags,
  window,
  serve(call) {
    let sink: Parameters<SftpInput["start"]>[0] | undefined;
    let release: (() => void) | undefined;
    let gone = false;
    let drained: (() => void) | undefined;
    let command: ServedBlockEvents | undefined;

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
      if (request.case !== "commandDetails" || !isSftpCommand(request.value)) {
        command = commands.serve(call);
        command.onMessage(message);
        return;
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
        if (command) return command.onMessage(message);
        if (release) return;
        try {
          begin(message);
        } catch (error) {
          call.finish(error);
        }
      },
      onBlock(piece) {
        if (command) command.onBlock(piece);
        else sink?.chunk(piece);
      },
      onDrain() {
        command?.onDrain();
        drained?.();
        drained = undefined;
      },
      onEnd() {
        command?.onEnd();
        sink?.end();
      },
      onGone() {
        command?.onGone();
        gone = true;
        sink?.end();
        drained?.();
      },
    } satisfies ServedBlockEvents;
  },
});
