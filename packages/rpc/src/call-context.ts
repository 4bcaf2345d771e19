import type { RpcError } from "./rpc-error.ts";
import type { CallContext, Metadata } from "./types.ts";

/** A CallContext and the way to end it. */
export interface ServedCall {
  readonly context: CallContext;
  /** Why the call was ended early, if it was. */
  readonly ended: RpcError | undefined;
  /** Aborts `context.signal` with `error`, then runs what `onEnd` registered. Only the first call counts. */
  end(error: RpcError): void;
  /** Registers what else must happen when the call ends early. */
  onEnd(listener: (error: RpcError) => void): void;
}

/**
 * The server's view of one call. The AbortController is made when somebody first asks for the signal:
 * most unary implementations never do, and it costs more than the rest of an in-process call.
 */
export const createServedCall = (metadata: () => Metadata, deadline: number | undefined): ServedCall => {
  let controller: AbortController | undefined;
  let ended: RpcError | undefined;
  let known: Metadata | undefined;
  const listeners: Array<(error: RpcError) => void> = [];
  return {
    context: {
      get metadata() {
        known ??= metadata();
        return known;
      },
      get signal() {
        if (!controller) {
          controller = new AbortController();
          if (ended) controller.abort(ended);
        }
        return controller.signal;
      },
      deadline,
    },
    get ended() {
      return ended;
    },
    end(error) {
      if (ended) return;
      ended = error;
      controller?.abort(error);
      for (const listener of listeners.splice(0)) listener(error);
    },
    onEnd(listener) {
      if (ended) listener(ended);
      else listeners.push(listener);
    },
  };
};
