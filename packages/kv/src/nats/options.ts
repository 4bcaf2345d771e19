import type { Log } from "@k8shell/contract";

export interface NatsKvOptions {
  /** `nats://host:4222` or `tls://host:4222`; several servers of one cluster separated by commas. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Used in place of user name and password when both are given (grpc-behaviour section 3). */
  readonly token?: string | undefined;
  /** PEM of the only authorities trusted; TLS is demanded then, and for `tls://`. */
  readonly ca?: string | undefined;
  /** Copies of each new bucket (default 3). A server that is no cluster gets one, with a warning. */
  readonly replicas?: number | undefined;
  /** Milliseconds an operation may take, waiting for a lost connection included (default 2000). */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds to wait for the first connection before going on without (default 15 000). */
  readonly startWaitMs?: number | undefined;
  readonly log: Log;
}
