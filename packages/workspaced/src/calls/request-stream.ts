import { type CallContext, Code, RpcError } from "@k8shell/rpc";

/**
 * The id a stream must carry in its metadata.
 * @throws RpcError Unknown when it is missing (grpc-behaviour section 4)
 */
export const requireId = (context: Pick<CallContext, "metadata">, key: string): string => {
  const id = context.metadata[key];
  if (id === undefined || id === "") throw new RpcError(Code.Unknown, `metadata ${key} is missing`);
  return id;
};

/**
 * Why the request side of a stream is over. `half-close`: the client ended it in order. `lost`: it cancelled, or its
 * connection broke.
 */
export type RequestEnd = "half-close" | "lost";

/** Runs `each` for every request; waits for it before taking the next one. Never throws on the client's behalf. */
export const readRequests = async <T>(
  requests: AsyncIterator<T>,
  context: CallContext,
  each: (request: T) => Promise<boolean>,
): Promise<RequestEnd | "stopped"> => {
  for (;;) {
    let next: IteratorResult<T>;
    try {
      next = await requests.next();
    } catch {
      return "lost";
    }
    if (next.done) return context.signal.aborted ? "lost" : "half-close";
    if (!(await each(next.value))) return "stopped";
  }
};

/** Runs `listener` when the call is cancelled, at once when it already is; returns what removes it. */
export const onCancel = (context: CallContext, listener: () => void): (() => void) => {
  if (context.signal.aborted) {
    listener();
    return () => {};
  }
  context.signal.addEventListener("abort", listener, { once: true });
  return () => context.signal.removeEventListener("abort", listener);
};
