import { randomBytes } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ExecRequestSchema } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { Code, createPipe, RpcError } from "@k8shell/rpc";
import { createSftpClient, type SftpClient } from "@k8shell/sftp";
import type { Logger } from "pino";
import type { WorkspaceClient } from "../backends/backends.ts";

type Frame = MessageInitShape<typeof ExecRequestSchema>;

/** Frames that may wait for the workspace; each is at most one SFTP request. */
const maxQueuedFrames = 16;
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

/** The command of the workspace's SFTP server: no arguments, no shell (grpc-behaviour section 4, "SFTP"). */
const command = "/usr/local/bin/sftp";

/**
 * Opens an SFTP session over Exec. Nothing is awaited: a workspace that cannot be reached fails the first request,
 * with an SftpError ConnectionLost whose cause is the RpcError.
 */
export const openSftp = ({ ssh }: WorkspaceClient, log: Logger): SftpSession => {
  const requests = createPipe<Frame>(maxQueuedFrames);
  const call = new AbortController();
  void requests.write({ request: { case: "commandDetails", value: { command } } });
  const responses = ssh.exec(requests, {
    metadata: { "exec-id": `ex-${randomBytes(12).toString("hex")}` },
    signal: call.signal,
  });

  const input = async function* (): AsyncGenerator<Uint8Array> {
    for await (const { response } of responses) {
      if (response.case === "stdout") yield response.value;
      else if (response.case === "stderr") {
        log.debug({ text: Buffer.from(response.value).toString("utf8").slice(0, 500) }, "sftp server says");
      } else if (response.case === "exitCode") {
        if (response.value === 0) return;
        throw new RpcError(Code.Unimplemented, `the sftp server ended with code ${response.value}`);
      }
    }
  };

  const client = createSftpClient(
    {
      input: input(),
      async write(value) {
        if (!(await requests.write({ request: { case: "input", value } }))) {
          throw new RpcError(Code.Unavailable, "the sftp server takes no more requests");
        }
      },
      end: () => requests.end(),
    },
    { stallMs },
  );

  return {
    client,
    async close() {
      const timer = setTimeout(() => call.abort(), endMs);
      await client.close();
      clearTimeout(timer);
      call.abort();
    },
  };
};
