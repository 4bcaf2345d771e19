import { setTimeout as sleep } from "node:timers/promises";
import { interceptCalls } from "./intercept.ts";
import { methodPath } from "./method-table.ts";
import { Code, RpcError } from "./rpc-error.ts";
import type { Channel } from "./types.ts";

export interface RetryOptions {
  /** May the call be made twice? Asked with the path of a unary method, e.g. `/identity.v1.IdentityService/FindUser`. */
  readonly isIdempotent: (path: string) => boolean;
  /** Asked before a call is repeated: is there no point in it (default: there always is)? */
  readonly isHopeless?: () => boolean;
  /** Deadline of calls that set none, all attempts together, milliseconds (default 10 000). */
  readonly defaultTimeoutMs?: number;
  /** How often a call is made at most (default 3). */
  readonly attempts?: number;
  /** Longest wait before the second attempt, milliseconds (default 100); doubled for each further one. */
  readonly backoffMs?: number;
  /** Between 0 and 1 (default Math.random): the part of the longest wait that is waited. */
  readonly random?: () => number;
}

/**
 * Repeats idempotent unary calls that fail with Unavailable: connections are lost whenever a service is restarted or
 * its certificate renewed (grpc-behaviour section 1). Waits are random, so that callers do not come back all at once;
 * the call's deadline covers all attempts.
 */
export const withRetries = (channel: Channel, options: RetryOptions): Channel => {
  const {
    isIdempotent,
    defaultTimeoutMs = 10_000,
    attempts = 3,
    backoffMs = 100,
    random = Math.random,
    isHopeless,
  } = options;
  return interceptCalls(
    () => channel,
    (method, call) => {
      if (method.methodKind !== "unary" || !isIdempotent(methodPath(method))) return call;
      return async (request, callOptions) => {
        const deadline = Date.now() + (callOptions?.timeoutMs ?? defaultTimeoutMs);
        const signal = callOptions?.signal;
        for (let attempt = 1; ; attempt += 1) {
          try {
            return await call(request, { ...callOptions, timeoutMs: deadline - Date.now() });
          } catch (error) {
            const wait = random() * backoffMs * 2 ** (attempt - 1);
            const again =
              error instanceof RpcError &&
              error.code === Code.Unavailable &&
              attempt < attempts &&
              !signal?.aborted &&
              isHopeless?.() !== true &&
              Date.now() + wait < deadline;
            if (!again) throw error;
            // An abort shows in the next attempt, which fails at once with the right error.
            await sleep(wait, undefined, signal ? { signal } : {}).catch(() => undefined);
          }
        }
      };
    },
  );
};
