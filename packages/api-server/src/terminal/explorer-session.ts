import type { SftpClient } from "@k8shell/sftp";
import type { Logger } from "pino";
import type { WorkspaceClient } from "../backends/backends.ts";
import { openSftp, type SftpSession } from "../files/sftp-over-exec.ts";
import { ApiError } from "../http/api-error.ts";

/** The explorer's own SFTP session: opened by the first command that needs it, closed when it is idle. */
export interface ExplorerSession {
  /** @throws ApiError when the caller may not use files here */
  client(): Promise<SftpClient>;
  close(): void;
}

export interface ExplorerSessionOptions {
  readonly daemon: WorkspaceClient;
  /** Decides whether the caller may; asked once. */
  readonly authorize: () => Promise<void>;
  /** Commands are running: the session is in use. */
  readonly busy: () => boolean;
  readonly log: Logger;
}

/** Without a command for this long the session is closed, milliseconds. */
const idleMs = 60_000;

export const createExplorerSession = ({
  daemon,
  authorize,
  busy,
  log,
}: ExplorerSessionOptions): ExplorerSession => {
  let decision: Promise<void> | undefined;
  let session: SftpSession | undefined;
  let timer: NodeJS.Timeout | undefined;

  const close = () => {
    clearInterval(timer);
    timer = undefined;
    void session?.close();
    session = undefined;
  };
  const decide = (): Promise<void> => {
    decision ??= authorize().catch((error: unknown) => {
      // A refusal stands; a decision that could not be made is asked for again.
      const refused = error instanceof ApiError && error.status === 403;
      if (!refused) decision = undefined;
      throw error;
    });
    return decision;
  };

  return {
    async client() {
      await decide();
      if (session?.client.ended.aborted) close();
      session ??= openSftp(daemon, log);
      clearInterval(timer);
      timer = setInterval(() => {
        if (!busy()) close();
      }, idleMs);
      return session.client;
    },
    close,
  };
};
