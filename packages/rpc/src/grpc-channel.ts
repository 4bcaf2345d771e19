import type { Channel } from "./types.ts";

/** Where a gRPC peer is and how to talk to it. */
export interface GrpcChannelOptions {
  /** `host:port`, `dns:///host:port` (round robin over all addresses) or `unix:/path`. */
  address: string;
  /** PEM of the only CA trusted (TLS >= 1.2; system roots are not added). Absent: plaintext. */
  ca?: string | Uint8Array;
  /** Name verified in the peer's certificate; default the address host. */
  serverName?: string;
  /** File with a bearer token, re-read for every call and sent as `authorization: Bearer <token>`. */
  tokenFile?: string;
  /** Deadline of unary calls that set none, milliseconds (default 10 000). */
  defaultTimeoutMs?: number;
  /** HTTP/2 stream window in bytes (default 4 MiB). */
  flowControlWindow?: number;
  /** Largest message accepted, bytes (default 32 MiB). */
  maxReceiveBytes?: number;
}

/** A channel to a gRPC peer. Connects on the first call and reconnects by itself. */
export const grpcChannel = (_options: GrpcChannelOptions): Channel => {
  throw new Error("being written");
};
