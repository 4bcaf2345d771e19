import { createSftpClient, type SftpClient } from "@k8shell/sftp";
import type { Logger } from "pino";
import type { WorkspaceClient } from "../backends/backends.ts";

/** A server that owes an answer for this long has gone, milliseconds. */
const stallMs = 60_000;
/** How long the server may take to end by itself, milliseconds. */
const endMs = 2_000;

/** An SFTP session with a workspace. */
export interface SftpSession {
  readonly client: SftpClient;
  /** Ends the session in order, or by force when that takes too long. Never throws. */
  close(): Promise<void>;
}

/**
 * Opens an SFTP session over Exec. Nothing is awaited: a workspace that cannot be reached fails the first request,
 * with an SftpError ConnectionLost whose cause is the RpcError.
 */
export const openSftp = ({ sftp }: Pick<WorkspaceClient, "sftp">, log: Logger): SftpSession => {
  const call = sftp((text) => log.debug({ text }, "sftp server says"));
  const client = createSftpClient(call, { stallMs });
  return {
    client,
    async close() {
      const timer = setTimeout(call.cancel, endMs);
      await client.close();
      clearTimeout(timer);
      call.cancel();
    },
  };
};
