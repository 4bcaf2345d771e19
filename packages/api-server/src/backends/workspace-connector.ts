import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { AppService, SshService, SystemService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import {
  type CallObserver,
  type Channel,
  type GrpcChannelOptions,
  grpcChannel,
  observeBlocks,
  observeChannel,
  withRetries,
} from "@k8shell/rpc";
import { LRUCache } from "lru-cache";
import { ApiError } from "../http/api-error.ts";
import type { WorkspaceClient, WorkspaceConnector } from "./backends.ts";
import { createExecStreams } from "./exec-stream.ts";
import { isIdempotentRpc } from "./idempotent-rpcs.ts";
import { createForwardOpener } from "./port-forward.ts";
import { createSftpOpener } from "./sftp-stream.ts";
import { createShellStreams } from "./shell-stream.ts";

/** How to reach the daemon of one workspace; undefined while it has none. */
export type ResolveDaemon = (workspace: WorkspaceDetails) => GrpcChannelOptions | undefined;

interface Connected {
  readonly key: string;
  readonly channel: Channel;
  readonly client: WorkspaceClient;
}

const maxChannels = 1000;
/** A connection without calls is closed after this long, milliseconds; the next call makes a new one. */
const defaultIdleMs = 5 * 60_000;

const connect = (key: string, options: GrpcChannelOptions, observers: readonly CallObserver[]): Connected => {
  const connection = grpcChannel(options);
  const channel = observeChannel(withRetries(connection, { isIdempotent: isIdempotentRpc }), observers);
  const client = {
    system: channel.client(SystemService),
    ssh: channel.client(SshService),
    apps: channel.client(AppService),
    forward: createForwardOpener(observeBlocks(connection.blocks, observers)),
    exec: createExecStreams(observeBlocks(connection.commands, observers)),
    sftp: createSftpOpener(observeBlocks(connection.bulk, observers)),
    shell: createShellStreams(observeBlocks(connection.interactive, observers)),
  };
  return { key, channel, client };
};

/**
 * One cached gRPC channel per workspace, made anew when its address changes and disconnected when it is idle
 * (grpc-behaviour section 4).
 */
export const createWorkspaceConnector = (
  resolve: ResolveDaemon,
  observers: readonly CallObserver[] = [],
  idleMs = defaultIdleMs,
): WorkspaceConnector => {
  const closing = new Set<Promise<void>>();
  const discard = ({ channel }: Connected) => {
    const closed = channel.close().finally(() => closing.delete(closed));
    closing.add(closed);
  };
  const channels = new LRUCache<string, Connected>({ max: maxChannels, dispose: discard });

  return {
    connect(workspace) {
      const options = resolve(workspace);
      const id = `${workspace.namespace}/${workspace.name}`;
      if (!options) {
        channels.delete(id);
        throw new ApiError(
          "workspace_not_running",
          `The workspace ${workspace.name} is not running: start it first.`,
        );
      }
      const key = JSON.stringify([options.address, options.serverName, options.tokenFile]);
      const known = channels.get(id);
      if (known?.key === key) return known.client;
      const connected = connect(key, { ...options, idleTimeoutMs: idleMs }, observers);
      channels.set(id, connected);
      return connected.client;
    },
    get size() {
      return channels.size;
    },
    async close() {
      channels.clear();
      await Promise.all(closing);
    },
  };
};
