import { type Channel, type CircuitState, circuitBreaker, withRetries } from "@k8shell/rpc";
import { isIdempotentRpc } from "./idempotent-rpcs.ts";

export interface RemoteBackendOptions {
  /** Name for errors and the log, e.g. `identity`. */
  readonly name: string;
  /** Opens a gRPC channel to it. */
  readonly connect: () => Channel;
  /** Deadline of unary calls that set none, with all repeats, milliseconds. */
  readonly defaultTimeoutMs: number;
  /** A cheap call, to see whether the backend answers. */
  readonly probe: (channel: Channel, timeoutMs: number) => Promise<unknown>;
  readonly onChange?: (state: CircuitState) => void;
}

/** A service behind the gateway that lives elsewhere. */
export interface RemoteBackend {
  readonly channel: Channel;
  /** For the health page; undefined while all is well. */
  readonly detail: () => string | undefined;
}

/** How long it is waited for a service that may only be started anew, milliseconds (grpc-behaviour section 1: its certificate was renewed). */
const patienceMs = 500;

/** A channel with what a network needs: idempotent calls are repeated, and while the service is down calls fail at once. */
export const remoteBackend = (options: RemoteBackendOptions): RemoteBackend => {
  const { name, connect, probe, onChange, defaultTimeoutMs } = options;
  const breaker = circuitBreaker({ name, connect, probe, onChange, patienceMs });
  return {
    channel: withRetries(breaker.channel, {
      isIdempotent: isIdempotentRpc,
      defaultTimeoutMs,
      isHopeless: () => breaker.hopeless,
    }),
    detail() {
      const { state } = breaker;
      return state.kind === "open"
        ? `not answering since ${new Date(state.since).toISOString()}; calls are refused until it does`
        : undefined;
    },
  };
};
