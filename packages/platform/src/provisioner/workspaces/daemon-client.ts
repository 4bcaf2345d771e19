import { access } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { SystemService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { grpcChannel, RpcError } from "@k8shell/rpc";
import type { RunningSandbox } from "../sandbox/types.ts";

/** A daemon that will not answer any more. The message is fit for the workspace's owner. */
export class DaemonError extends Error {
  override readonly name = "DaemonError";
}

const callTimeoutMs = 5000;
const everyMs = 25;

/**
 * Asks a daemon for its version: the platform's liveness probe (grpc-behaviour section 4).
 * @throws RpcError when it does not answer
 */
export const handshake = async (
  socket: string,
  tokenFile: string,
  timeoutMs = callTimeoutMs,
): Promise<{ version: string }> => {
  const channel = grpcChannel({ address: `unix:${socket}`, tokenFile });
  try {
    const { serverVersion } = await channel
      .client(SystemService)
      .handshake({ clientVersion: "" }, { timeoutMs });
    return { version: serverVersion };
  } finally {
    await channel.close();
  }
};

/**
 * Waits until the daemon that was just started answers.
 * @throws DaemonError when it ends instead, or the signal's reason
 */
export const waitForDaemon = async (options: {
  socket: string;
  tokenFile: string;
  running: RunningSandbox;
  signal: AbortSignal;
}): Promise<{ version: string }> => {
  const { socket, tokenFile, running, signal } = options;
  let ended: { code?: number | undefined } | undefined;
  void running.exited.then((exit) => {
    ended = exit;
  });
  for (;;) {
    signal.throwIfAborted();
    if (ended) {
      const how = ended.code === undefined ? "was killed" : `ended with code ${ended.code}`;
      throw new DaemonError(`the workspace daemon ${how} before it answered`);
    }
    const listening = await access(socket).then(
      () => true,
      () => false,
    );
    if (listening) {
      try {
        return await handshake(socket, tokenFile);
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
      }
    }
    await sleep(everyMs);
  }
};
