import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { SftpClient } from "@k8shell/sftp";
import type { WorkspaceConnector } from "../backends/backends.ts";
import { ApiError } from "../http/api-error.ts";
import type { RequestContext } from "../http/handler.ts";
import { toFileError } from "./file-error.ts";
import { openSftp } from "./sftp-over-exec.ts";
import { createTransferSlots } from "./transfer-slots.ts";

/** What a request does its file work with. */
export interface WorkspaceSession {
  readonly client: SftpClient;
  readonly workspace: WorkspaceDetails;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
  /** As `signal`, and when the workspace takes too long before the first byte. */
  readonly setupSignal: AbortSignal;
}

export interface WorkspaceSessionsDeps {
  readonly workspaces: WorkspaceConnector;
  /** Milliseconds a workspace may take to open a file (default 15 000). */
  readonly setupMs?: number | undefined;
  /** Transfers of one workspace at the same time (default 32). */
  readonly transfersPerWorkspace?: number | undefined;
}

/**
 * Runs something with an SFTP session of its own, which ends with it. Failures become answers: none tells more than the
 * kind of the failure.
 * @param missing what to say when the server finds nothing at a path
 * @throws ApiError
 */
export type WithSession = <T>(
  context: Pick<RequestContext, "target" | "signal" | "log" | "reply" | "registerLive">,
  missing: string,
  run: (session: WorkspaceSession) => Promise<T>,
) => Promise<T>;

/** Registers the request, so that it is cut when its caller may have it no longer. The result ends both. */
const live = (
  { registerLive, reply }: Pick<RequestContext, "registerLive" | "reply">,
  giveBack: () => void,
): (() => void) => {
  try {
    const connection = registerLive("files", () => reply.raw.destroy());
    return () => {
      connection.done();
      giveBack();
    };
  } catch (error) {
    giveBack();
    throw error;
  }
};

export const createWithSession = ({
  workspaces,
  setupMs = 15_000,
  transfersPerWorkspace,
}: WorkspaceSessionsDeps): WithSession => {
  const slots = createTransferSlots(transfersPerWorkspace);
  return async (context, missing, run) => {
    const { signal, log } = context;
    const { workspace } = context.target;
    if (!workspace) throw new Error("the target of a file route is a workspace");
    const daemon = workspaces.connect(workspace);
    const giveBack = slots.take(`${workspace.namespace}/${workspace.name}`);
    const release = live(context, giveBack);
    const setup = AbortSignal.timeout(setupMs);
    const session = openSftp(daemon, log);
    const { client } = session;
    try {
      return await run({ client, workspace, signal, setupSignal: AbortSignal.any([signal, setup]) });
    } catch (cause) {
      if (cause instanceof ApiError) throw cause;
      if (signal.aborted) throw new ApiError("client_closed_request", "The client has gone.", { cause });
      if (cause === setup.reason) {
        throw new ApiError("timeout", "The workspace did not answer in time.", { cause });
      }
      throw toFileError(cause, missing);
    } finally {
      void session.close().then(release);
    }
  };
};
