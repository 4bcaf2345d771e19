import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Log, WorkspacedConfig } from "@k8shell/contract";
import type {
  CommandDetails,
  ExecRequest,
  ExecResponseSchema,
  SshService,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { type CallContext, Code, createPipe, RpcError, type ServiceImpl } from "@k8shell/rpc";
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

/** Largest frame of a command's output, bytes (grpc-behaviour section 4). */
const maxFrame = 4096;
/** Frames that may wait for the client before the command's output is left in its pipe. */
const maxQueuedFrames = 32;
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
export const createExecMethod = (deps: ExecDeps): ExecMethod => {
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
  ): AsyncGenerator<ExecFrame> {
    const env = environment(`exec:${id}`, details.envVars);
    const frames = createPipe<ExecFrame>(maxQueuedFrames);
    const command = await runCommand({
      shell: shellOf(details, env.PATH ?? ""),
      command: details.command,
      env,
      cwd: directoryOrRoot(config.home),
      makePipe: deps.makePipe,
      async onOutput(name, data) {
        for (let at = 0; at < data.length; at += maxFrame) {
          const value = data.subarray(at, at + maxFrame);
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
        if (request.case === "input") await command.write(request.value);
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

  return {
    async *exec(requests, context) {
      const id = requireId(context, "exec-id");
      const release = deps.ids.take(id);
      try {
        const input = requests[Symbol.asyncIterator]();
        const details = await readDetails(input);
        requireUser(details.asUser, config.username);
        log.debug({ exec: id }, "exec started");
        if (isSftpCommand(details)) yield* serveSftpOverExec({ input, context, runSftp: deps.runSftp });
        else yield* run(id, details, input, context);
      } finally {
        release();
        log.debug({ exec: id }, "exec ended");
      }
    },
  };
};
