import type { DescMethod, Message } from "@bufbuild/protobuf";
import { answered } from "./answered.ts";
import { createServedCall, type ServedCall } from "./call-context.ts";
import { abortError, deadlineExceeded, watchForEnd } from "./call-end.ts";
import { inProcessRequests } from "./in-process-requests.ts";
import { checkMetadata } from "./metadata.ts";
import { createClients, methodPath, toMessage, unimplemented } from "./method-table.ts";
import { createPipe } from "./pipe.ts";
import { Code, RpcError } from "./rpc-error.ts";
import { pumpResponses } from "./served-stream.ts";
import type { CallContext, CallOptions, Channel, ServiceRegistration } from "./types.ts";

export interface InProcessChannelOptions {
  /** Told of failures that are not an RpcError, so that they reach the log; `method` is e.g. `/identity.v1.IdentityService/FindUser`. */
  onError?: (error: unknown, method: string) => void;
  /** Deadline of unary calls that set none, milliseconds (default 10 000). */
  defaultTimeoutMs?: number;
}

type Handler = (request: unknown, context: CallContext) => unknown;

/** Responses an implementation may be ahead of a slow client. */
const readAhead = 8;

/**
 * A channel straight into implementations in this process: no serialization, same semantics as gRPC. A call starts
 * when the method is called. Messages are passed as they are, so neither side may change one it has handed over.
 */
export const inProcessChannel = (
  services: readonly ServiceRegistration[],
  options: InProcessChannelOptions = {},
): Channel => {
  const { onError, defaultTimeoutMs = 10_000 } = options;
  const implementations = new Map(services.map((s) => [s.service.typeName, s.implementation]));
  let closed = false;

  const handlerOf = (method: DescMethod): Handler => {
    const implementation = implementations.get(method.parent.typeName);
    const handler: unknown = implementation && Reflect.get(implementation, method.localName);
    if (typeof handler !== "function") {
      return () => {
        throw unimplemented(method);
      };
    }
    return handler.bind(implementation);
  };

  const failure = (error: unknown, method: DescMethod): RpcError => {
    if (!(error instanceof RpcError)) onError?.(error, methodPath(method));
    return RpcError.from(error);
  };

  const begin = (options: CallOptions | undefined, timeoutMs: number | undefined): ServedCall => {
    if (closed) throw new RpcError(Code.Unavailable, "the channel is closed");
    if (options?.signal?.aborted) throw abortError(options.signal);
    if (timeoutMs !== undefined && timeoutMs <= 0) throw deadlineExceeded();
    const metadata = checkMetadata(options?.metadata);
    const deadline = timeoutMs === undefined ? undefined : Date.now() + timeoutMs;
    return createServedCall(() => metadata, deadline, options?.onHeaders);
  };

  const unary = (method: DescMethod) => {
    const handler = handlerOf(method);
    return (request: unknown, options?: CallOptions): Promise<Message> => {
      const timeoutMs = options?.timeoutMs ?? defaultTimeoutMs;
      let call: ServedCall;
      let result: unknown;
      try {
        call = begin(options, timeoutMs);
        result = handler(toMessage(method.input, request), call.context);
        if (!(result instanceof Promise)) return answered(toMessage(method.output, result));
      } catch (error) {
        return Promise.reject(failure(error, method));
      }
      return awaitResult(method, call, result, options?.signal, timeoutMs);
    };
  };

  const awaitResult = (
    method: DescMethod,
    call: ServedCall,
    result: Promise<unknown>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
  ): Promise<Message> =>
    new Promise((resolve, reject) => {
      const stop = watchForEnd(signal, timeoutMs, call.end);
      call.onEnd(reject);
      result
        .then((value) => {
          stop();
          resolve(toMessage(method.output, value));
        })
        .catch((error: unknown) => {
          stop();
          // After an early end this is the implementation noticing it, and nobody's news.
          if (!call.ended) reject(failure(error, method));
        });
    });

  const clientStream = (method: DescMethod) => {
    const handler = handlerOf(method);
    return async (source: AsyncIterable<unknown>, options?: CallOptions): Promise<Message> => {
      try {
        const call = begin(options, options?.timeoutMs);
        const { requests, leave } = inProcessRequests(method, source, call);
        const run = async () => {
          try {
            return await handler(requests, call.context);
          } finally {
            leave();
          }
        };
        return await awaitResult(method, call, run(), options?.signal, options?.timeoutMs);
      } catch (error) {
        throw failure(error, method);
      }
    };
  };

  const responseStream = (method: DescMethod) => {
    const handler = handlerOf(method);
    const streaming = method.methodKind === "bidi_streaming";
    return (request: unknown, options?: CallOptions): AsyncIterable<Message> => {
      const responses = createPipe<Message>(readAhead);
      let call: ServedCall;
      let argument: unknown;
      let leave: (() => void) | undefined;
      try {
        call = begin(options, options?.timeoutMs);
        if (streaming) {
          const guarded = inProcessRequests(method, request as AsyncIterable<unknown>, call);
          argument = guarded.requests;
          leave = guarded.leave;
        } else argument = toMessage(method.input, request);
      } catch (error) {
        responses.fail(failure(error, method));
        return responses;
      }
      let over = false;
      const stop = watchForEnd(options?.signal, options?.timeoutMs, call.end);
      call.onEnd((error) => responses.abort(error));
      const start = () => handler(argument, call.context) as AsyncIterable<unknown>;
      pumpResponses(method, call, start, (message) => responses.write(message))
        .then(
          () => responses.end(),
          (error: unknown) => responses.fail(call.ended ?? failure(error, method)),
        )
        .finally(() => {
          over = true;
          stop();
          leave?.();
        });

      const queued: AsyncIterator<Message, undefined> = responses[Symbol.asyncIterator]();
      const iterator: AsyncIterator<Message, undefined> = {
        next: () => queued.next(),
        return: () => {
          const left = queued.return?.() ?? Promise.resolve({ value: undefined, done: true });
          if (!over) call.end(new RpcError(Code.Canceled, "call canceled"));
          return left;
        },
      };
      return { [Symbol.asyncIterator]: () => iterator };
    };
  };

  const callable = (method: DescMethod) => {
    if (method.methodKind === "unary") return unary(method);
    return method.methodKind === "client_streaming" ? clientStream(method) : responseStream(method);
  };

  return {
    client: createClients(callable),
    async close() {
      closed = true;
    },
  };
};
