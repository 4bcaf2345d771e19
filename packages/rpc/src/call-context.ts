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

const noHeaders = (): void => undefined;

/**
 * A class, against the habit of this code base: accessors on a prototype are made once, those of an object literal on
 * every call, which cost more than the rest of an in-process call.
 */
class Call implements ServedCall, CallContext {
  readonly deadline: number | undefined;
  readonly sendHeaders: (headers: Metadata) => void;
  ended: RpcError | undefined;
  #makeMetadata: () => Metadata;
  #metadata: Metadata | undefined;
  #controller: AbortController | undefined;
  #listeners: Array<(error: RpcError) => void> | undefined;
  /** Passed around without its call by `watchForEnd`. */
  #end: ((error: RpcError) => void) | undefined;

  constructor(
    makeMetadata: () => Metadata,
    deadline: number | undefined,
    sendHeaders: (headers: Metadata) => void,
  ) {
    this.deadline = deadline;
    this.sendHeaders = sendHeaders;
    this.ended = undefined;
    this.#makeMetadata = makeMetadata;
    this.#metadata = undefined;
    this.#controller = undefined;
    this.#listeners = undefined;
    this.#end = undefined;
  }

  get context(): CallContext {
    return this;
  }

  get metadata(): Metadata {
    this.#metadata ??= this.#makeMetadata();
    return this.#metadata;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.ended) this.#controller.abort(this.ended);
    }
    return this.#controller.signal;
  }

  get end(): (error: RpcError) => void {
    this.#end ??= (error) => {
      if (this.ended) return;
      this.ended = error;
      this.#controller?.abort(error);
      const listeners = this.#listeners ?? [];
      this.#listeners = undefined;
      for (const listener of listeners) listener(error);
    };
    return this.#end;
  }

  onEnd(listener: (error: RpcError) => void): void {
    if (this.ended) listener(this.ended);
    else {
      this.#listeners ??= [];
      this.#listeners.push(listener);
    }
  }
}

/**
 * The server's view of one call. The AbortController is made when somebody first asks for the signal:
 * most unary implementations never do, and it costs more than the rest of an in-process call.
 */
export const createServedCall = (
  metadata: () => Metadata,
  deadline: number | undefined,
  sendHeaders: (headers: Metadata) => void = noHeaders,
): ServedCall => new Call(metadata, deadline, sendHeaders);
