import type { DescMethod, Message } from "@bufbuild/protobuf";
import type { ServedCall } from "./call-context.ts";
import { toMessage } from "./method-table.ts";
import { Code, RpcError } from "./rpc-error.ts";
import { leaveIterator } from "./served-stream.ts";

/** A client's request stream as the implementation reads it. */
export interface InProcessRequests {
  requests: AsyncIterable<Message>;
  /** The call is over: tells the client's iterable so, and the writers behind it. */
  leave(): void;
}

/**
 * Passes a client's requests on, one at a time as they are asked for. When the call ends early the reader throws at
 * once, whatever the client's iterable is waiting for. An iterable that throws ends the call.
 */
export const inProcessRequests = (
  method: DescMethod,
  source: AsyncIterable<unknown>,
  call: ServedCall,
): InProcessRequests => {
  const iterator = source[Symbol.asyncIterator]();
  const waiting = new Set<(error: RpcError) => void>();
  let done = false;

  const leave = () => {
    if (done) return;
    done = true;
    leaveIterator(iterator);
  };
  call.onEnd((error) => {
    leave();
    for (const reject of waiting) reject(error);
  });

  const next = (): Promise<IteratorResult<Message, undefined>> => {
    if (call.ended) return Promise.reject(call.ended);
    if (done) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => {
      waiting.add(reject);
      iterator
        .next()
        .then((result) => {
          waiting.delete(reject);
          if (result.done) {
            done = true;
            resolve({ value: undefined, done: true });
          } else resolve({ value: toMessage(method.input, result.value), done: false });
        })
        .catch((error: unknown) => {
          done = true;
          call.end(RpcError.from(error, Code.Canceled));
          waiting.delete(reject);
          reject(call.ended);
        });
    });
  };

  return {
    // An implementation that stops reading only stops reading, as over gRPC: the client learns it when the call ends.
    requests: { [Symbol.asyncIterator]: () => ({ next }) },
    leave,
  };
};
