import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  CommandDetails,
  ExecRequest,
  ExecResponseSchema,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import type { CallContext } from "@k8shell/rpc";

type ExecFrame = MessageInitShape<typeof ExecResponseSchema>;

/** An SFTP server: takes the client's bytes, gives its own, and ends when the input ends. */
export type RunSftp = (input: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** SFTP is Exec of this path without arguments (grpc-behaviour section 4). Nothing need exist there. */
export const isSftpCommand = (details: CommandDetails): boolean =>
  details.command.trim() === "/usr/local/bin/sftp" && details.shellBinary === "";

const inputBytes = async function* (
  input: AsyncIterator<ExecRequest>,
  context: CallContext,
): AsyncGenerator<Uint8Array> {
  for (;;) {
    const next = await input.next();
    if (next.done || context.signal.aborted) return;
    if (next.value.request.case === "input") yield next.value.request.value;
  }
};

/**
 * The SFTP server in the daemon's own process, behind Exec's frames. Frames follow the server's own pieces, which may
 * be larger than those of a command: the protocol has its own framing, and large ones are faster.
 */
export const serveSftpOverExec = async function* (options: {
  input: AsyncIterator<ExecRequest>;
  context: CallContext;
  runSftp: RunSftp;
}): AsyncGenerator<ExecFrame> {
  let exitCode = 0;
  try {
    for await (const value of options.runSftp(inputBytes(options.input, options.context))) {
      yield { response: { case: "stdout", value } };
    }
  } catch {
    if (options.context.signal.aborted) return;
    exitCode = 1;
    yield { response: { case: "stderr", value: Buffer.from("sftp: session ended by a protocol error\n") } };
  }
  yield { response: { case: "exitCode", value: exitCode } };
};
