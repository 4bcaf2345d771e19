import { chmod, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { WorkspacedConfig } from "@k8shell/contract";
import { type GrpcServer, type Metadata, type ServerTls, startGrpcServer } from "@k8shell/rpc";
import type { Daemon } from "./daemon.ts";
import { createTokenCheck } from "./token.ts";

/** Serves a daemon over gRPC at `config.listen`, with TLS where it is given. A unix socket gets mode 0600: only its user and root may connect. */
export const serveDaemon = async (
  daemon: Daemon,
  config: WorkspacedConfig,
  onError: (error: unknown, method: string, metadata?: Metadata) => void,
  tls?: ServerTls,
): Promise<GrpcServer> => {
  const socketPath = config.listen.startsWith("/")
    ? config.listen
    : /^unix:(?:\/\/)?(\/.*)$/.exec(config.listen)?.[1];
  if (socketPath !== undefined) await mkdir(dirname(socketPath), { recursive: true, mode: 0o700 });
  const server = await startGrpcServer({
    address: socketPath === undefined ? config.listen : `unix:${socketPath}`,
    services: daemon.registrations,
    blocks: daemon.blocks,
    tls,
    authenticate: config.tokenFile === undefined ? undefined : createTokenCheck(config.tokenFile),
    onError,
  });
  if (socketPath !== undefined) await chmod(socketPath, 0o600);
  return server;
};
