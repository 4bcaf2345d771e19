import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Log, WorkspacedConfig } from "@k8shell/contract";
import type {
  CommandDetails,
  ExecRequest,
  ExecResponseSchema,
  SshService,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { type CallContext, Code, createPipe, freeMemory, RpcError, type ServiceImpl } from "@k8shell/rpc";
import { requireUser } from "../calls/as-user.ts";
import { onCancel, readRequests, requireId } from "../calls/request-stream.ts";
import type { MakeEnvironment } from "../process/environment.ts";
import { findProgram } from "../process/find-program.ts";
import type { ProcessOwners } from "../process/owner.ts";
import type { MakeOutputPipe } from "../process/pipes.ts";
import { parseSignal } from "../process/signals.ts";
import { directoryOrRoot } from "../process/working-directory.ts";
import { chooseShell } from "../shell/login-shell.ts";
import { type RunningCommand, runCommand } from "./command.ts";
import type { RecentIds } from "./recent-ids.ts";
import { isSftpCommand, type RunSftp, serveSftpOverExec } from "./sftp-exec.ts";

type ExecMethod = Pick<ServiceImpl<typeof SshService>, "exec">;
type ExecFrame = MessageInitShape<typeof ExecResponseSchema>;

/** How a command's output leaves, and its input comes. */
interface Framing {
  /** Largest frame of standard output and of standard error, bytes. */
  readonly stdout: number;
  readonly stderr: number;
  /** Frames that may wait for the client before the output is left in its pipe. */
  readonly queued: number;
  /** Input is nobody else's: its memory is given back when it has been written. */
  readonly freesInput: boolean;
}

/** As grpc-behaviour section 4 wants it. */
const usualFraming: Framing = { stdout: 4096, stderr: 4096, queued: 32, freesInput: false };
/** What is read of a pipe leaves as it is; standard error, which is no block, in pieces that may be messages. */
const blockFraming: Framing = { stdout: 64 * 1024, stderr: 32 * 1024, queued: 4, freesInput: true };
const orphanGraceMs = 2000;

const readDetails = async (requests: AsyncIterator<ExecRequest>): Promise<CommandDetails> => {
  const first = await requests.next();
  if (first.done || first.value.request.case !== "commandDetails") {
    throw new RpcError(Code.InvalidArgument, "the first message must be command_details");
  }
  return first.value.request.value;
};

/** Ends a command whose client has gone, with everything in its process group. */
const endGroup = (command: RunningCommand) => {
  command.signal("SIGTERM");
  const timer = setTimeout(() => command.signal("SIGKILL"), orphanGraceMs);
  void command.exitCode.then(() => clearTimeout(timer));
};

/** What Exec needs. */
export interface ExecDeps {
  config: WorkspacedConfig;
  environment: MakeEnvironment;
  owners: ProcessOwners;
  makePipe: MakeOutputPipe;
  runSftp: RunSftp;
  ids: RecentIds;
  log: Log;
}

/** SshService.Exec (grpc-behaviour section 4): one command, or the SFTP server. */
export const createExecMethod = (
  deps: ExecDeps,
): ExecMethod & {
  /** `exec` for a caller that gives its input away, and gives the memory of output back. */
  readonly blockExec: ExecMethod["exec"];
} => {
  const { config, environment, owners, log } = deps;

  /** The shell asked for is used as is, so that its absence is an exit code; otherwise the first that exists. */
  const shellOf = (details: CommandDetails, path: string): string =>
    details.shellBinary === ""
      ? chooseShell([config.shell], path)
      : (findProgram(details.shellBinary, path) ?? details.shellBinary);

  const run = async function* (
    id: string,
    details: CommandDetails,
    input: AsyncIterator<ExecRequest>,
    context: CallContext,
    framing: Framing,
  ): AsyncGenerator<ExecFrame> {
    const env = environment(`exec:${id}`, details.envVars);
    const frames = createPipe<ExecFrame>(framing.queued);
    const command = await runCommand({
      shell: shellOf(details, env.PATH ?? ""),
      command: details.command,
      env,
      cwd: directoryOrRoot(config.home),
      makePipe: deps.makePipe,
      async onOutput(name, data) {
        const most = framing[name];
        for (let at = 0; at < data.length; at += most) {
          const value = data.subarray(at, at + most);
          if (!(await frames.write({ response: { case: name, value } }))) return false;
        }
        return true;
      },
    });
    const stopListening = onCancel(context, () => frames.fail(new RpcError(Code.Canceled, "call canceled")));
    let finished = false;
    void command.exitCode.then(async (value) => {
      finished = true;
      await frames.write({ response: { case: "exitCode", value } });
      frames.end();
    });
    const pump = async () => {
      const end = await readRequests(input, context, async ({ request }) => {
        if (request.case === "input") {
          const { value } = request;
          await command.write(value, framing.freesInput ? () => freeMemory(value) : undefined);
        }
        if (request.case !== "signal") return true;
        const signal = parseSignal(request.value);
        if (signal === undefined) log.warn({ exec: id }, "unknown signal ignored");
        else command.signal(signal);
        return signal === undefined;
      });
      if (end === "half-close") command.endInput();
    };
    void pump();
    try {
      yield* frames;
    } finally {
      stopListening();
      if (!finished) endGroup(command);
      if (!config.ignoreOrphans) {
        void owners.terminate({
          thing: `exec:${id}`,
          session: command.pid,
          signal: "SIGTERM",
          graceMs: orphanGraceMs,
        });
      }
    }
  };

  const execWith = (framing: Framing): ExecMethod["exec"] =>
    async function* (requests, context) {
      const id = requireId(context, "exec-id");
      const release = deps.ids.take(id);
      try {
        const input = requests[Symbol.asyncIterator]();
        const details = await readDetails(input);
        requireUser(details.asUser, config.username);
        log.debug({ exec: id }, "exec started");
        if (isSftpCommand(details)) yield* serveSftpOverExec({ input, context, runSftp: deps.runSftp });
        else yield* run(id, details, input, context, framing);
      } finally {
        release();
        log.debug({ exec: id }, "exec ended");
      }
    };

  return { exec: execWith(usualFraming), blockExec: execWith(blockFraming) };
};
