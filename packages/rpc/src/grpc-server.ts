import type { CallContext, ServiceRegistration } from "./types.ts";

/** What to serve, and where. */
export interface GrpcServerOptions {
  /** `host:port` (port 0: any free one) or `unix:/path` (an existing socket file is replaced). */
  address: string;
  services: readonly ServiceRegistration[];
  /** PEM certificate chain and key. Absent: plaintext. */
  tls?: { cert: string | Uint8Array; key: string | Uint8Array };
  /** Runs before each call, streams included; throw RpcError to refuse it. */
  authenticate?: (context: CallContext, method: string) => void | Promise<void>;
  flowControlWindow?: number;
  maxReceiveBytes?: number;
  /** Told of failures that are not an RpcError, so that they reach the log. */
  onError?: (error: unknown, method: string) => void;
}

export interface GrpcServer {
  /** The address bound, with the real port. */
  readonly address: string;
  /** Stops accepting, waits up to `graceMs` (default 0) for running calls, then cancels them. */
  close(graceMs?: number): Promise<void>;
}

/** Serves implementations over gRPC. Resolves when the address is bound. */
export const startGrpcServer = async (_options: GrpcServerOptions): Promise<GrpcServer> => {
  throw new Error("being written");
};
