import { setTimeout as sleep } from "node:timers/promises";
import { interceptCalls } from "./intercept.ts";
import { Code, RpcError } from "./rpc-error.ts";
import type { CallOptions, Channel } from "./types.ts";

export interface CircuitBreakerOptions {
  /** Name of the peer for errors, e.g. `identity`. */
  readonly name: string;
  /** Makes a channel to the peer; a new one is made for each probe, so that nothing of a dead connection is kept. */
  readonly connect: () => Channel;
  /** Asks the peer for anything, to see whether it answers. */
  readonly probe: (channel: Channel, timeoutMs: number) => Promise<unknown>;
  /** Calls in a row without an answer that open the circuit (default 3). */
  readonly threshold?: number;
  /** How long a probe may take, milliseconds (default 1 000). */
  readonly probeTimeoutMs?: number;
  /** Wait before the first probe, milliseconds (default 100); doubled after each that fails. */
  readonly firstProbeMs?: number;
  /** Longest wait between probes, milliseconds (default 5 000). */
  readonly lastProbeMs?: number;
  /**
   * For so long after the circuit opened, calls wait whether a probe is answered, milliseconds (default 0): a service that is
   * only started anew is back in a moment.
   */
  readonly patienceMs?: number;
  /** Told when the circuit opens or closes. */
  readonly onChange?: (state: CircuitState) => void;
}

/** `closed`: calls go through. `open`: the peer does not answer; calls fail at once and probes are made. */
export type CircuitState =
  | { readonly kind: "closed" }
  | {
      readonly kind: "open";
      /** Epoch milliseconds. */
      readonly since: number;
      /** The failure that opened it; for the log. */
      readonly cause: unknown;
    };

export interface CircuitBreaker {
  readonly channel: Channel;
  readonly state: CircuitState;
  /** Calls fail at once: the circuit is open, and has been for some time. */
  readonly hopeless: boolean;
}

/** Did nobody answer? A status that the peer sent is an answer, whatever it says. */
const isSilence = (error: unknown): error is RpcError =>
  error instanceof RpcError && (error.unreached || error.code === Code.DeadlineExceeded);

const isIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value;

/** Waits for `calm`, but no longer than `ms` or until `signal` aborts. */
const waitFor = async (calm: Promise<void>, ms: number, signal: AbortSignal | undefined): Promise<void> => {
  const over = new AbortController();
  const stop = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
  await Promise.race([calm, sleep(ms, undefined, { signal: stop }).catch(() => undefined)]);
  over.abort();
};

/**
 * A channel that fails at once, naming the peer, while the peer is known not to answer. It recovers by itself: probes
 * on fresh connections find out when the peer is back, so no user's call has to wait for that. Streams that run when
 * the circuit opens keep their connection.
 */
export const circuitBreaker = (options: CircuitBreakerOptions): CircuitBreaker => {
  const { name, connect, probe, threshold = 3, onChange } = options;
  const { probeTimeoutMs = 1_000, firstProbeMs = 100, lastProbeMs = 5_000, patienceMs = 0 } = options;
  let current = connect();
  let state: CircuitState = { kind: "closed" };
  let silences = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  /** Resolved when the circuit closes that is open now. */
  let calm = Promise.withResolvers<void>();

  const change = (next: CircuitState) => {
    state = next;
    silences = 0;
    if (next.kind === "open") calm = Promise.withResolvers();
    else calm.resolve();
    onChange?.(next);
  };
  /** A new channel to the peer if it answers on it. */
  const answering = async (): Promise<Channel | undefined> => {
    let fresh: Channel;
    try {
      fresh = connect();
    } catch {
      // A certificate file that is being replaced, for instance.
      return undefined;
    }
    try {
      await probe(fresh, probeTimeoutMs);
      return fresh;
    } catch (error) {
      if (!isSilence(error)) return fresh;
      await fresh.close();
      return undefined;
    }
  };
  const probeAfter = (wait: number) => {
    // Random, so that replicas do not ask all at once.
    timer = setTimeout(() => void tryAgain(wait), wait * (0.5 + Math.random() / 2)).unref();
  };
  const tryAgain = async (waited: number) => {
    const fresh = await answering();
    if (closed) return fresh?.close();
    if (!fresh) return probeAfter(Math.min(waited * 2, lastProbeMs));
    const old = current;
    current = fresh;
    change({ kind: "closed" });
    await old.close();
  };
  const answered = () => {
    silences = 0;
  };
  /** Notes a failure, and gives the error for the caller. */
  const failed = (error: unknown): unknown => {
    if (!isSilence(error)) {
      if (!(error instanceof RpcError) || error.code !== Code.Canceled) answered();
      return error;
    }
    silences += 1;
    if (state.kind === "closed" && silences >= threshold && !closed) {
      change({ kind: "open", since: Date.now(), cause: error });
      probeAfter(firstProbeMs);
    }
    return new RpcError(error.code, error.message, { cause: error, peer: name, unreached: error.unreached });
  };
  const refusal = () =>
    new RpcError(Code.Unavailable, "the service cannot be reached", {
      cause: state.kind === "open" ? state.cause : undefined,
      peer: name,
      unreached: true,
    });

  /** Watches a stream for signs of life, and its failure. Leaving it cancels the call at once, even while one reads. */
  const watched = (responses: AsyncIterable<unknown>): AsyncIterable<unknown> => {
    const iterator = responses[Symbol.asyncIterator]();
    return {
      [Symbol.asyncIterator]: () => ({
        async next() {
          try {
            const result = await iterator.next();
            answered();
            return result;
          } catch (error) {
            throw failed(error);
          }
        },
        async return(value?: unknown) {
          await iterator.return?.();
          return { value, done: true };
        },
      }),
    };
  };

  const patienceLeft = (): number =>
    state.kind === "open" && !closed ? state.since + patienceMs - Date.now() : 0;
  /** The options of a call that may be made now. @throws RpcError when it may not */
  const admit = async (callOptions: CallOptions | undefined): Promise<CallOptions | undefined> => {
    const begun = Date.now();
    const { timeoutMs, signal } = callOptions ?? {};
    const wait = Math.min(patienceLeft(), timeoutMs ?? Number.POSITIVE_INFINITY);
    if (wait > 0) await waitFor(calm.promise, wait, signal);
    if (state.kind === "open") throw refusal();
    return timeoutMs === undefined
      ? callOptions
      : { ...callOptions, timeoutMs: Math.max(1, timeoutMs - (Date.now() - begun)) };
  };

  const channel = interceptCalls(
    () => current,
    (method, call) => {
      if (method.methodKind === "unary" || method.methodKind === "client_streaming") {
        return async (request, callOptions) => {
          const admitted = state.kind === "open" ? await admit(callOptions) : callOptions;
          try {
            const response = await call(request, admitted);
            answered();
            return response;
          } catch (error) {
            throw failed(error);
          }
        };
      }
      return (request, callOptions) => {
        if (state.kind === "open") {
          const error = refusal();
          return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) };
        }
        const responses = call(request, callOptions);
        return isIterable(responses) ? watched(responses) : responses;
      };
    },
    async () => {
      closed = true;
      clearTimeout(timer);
      calm.resolve();
      await current.close();
    },
  );
  return {
    channel,
    get state() {
      return state;
    },
    get hopeless() {
      return state.kind === "open" && patienceLeft() <= 0;
    },
  };
};
