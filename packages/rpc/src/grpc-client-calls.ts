import type { DescMethod, Message } from "@bufbuild/protobuf";
import { createDecoder, createEncoder, type Decoder, type Encoder } from "./codec.ts";
import type { CallOpener, OpenCall } from "./grpc-call.ts";
import { createReceiver } from "./grpc-receiver.ts";
import { methodPath } from "./method-table.ts";
import { Code, RpcError } from "./rpc-error.ts";
import { leaveIterator } from "./served-stream.ts";
import type { CallOptions } from "./types.ts";

const canceled = () => new RpcError(Code.Canceled, "call canceled");

/** Collects the one response of a call. */
const singleResponse = (decode: Decoder) => {
  const { promise, resolve, reject } = Promise.withResolvers<Message>();
  let response: Buffer | undefined;
  return {
    promise,
    reject,
    /** True for the first message: then ask for the end. */
    onMessage(bytes: Buffer): boolean {
      if (response) return false;
      response = bytes;
      return true;
    },
    onEnd(error: RpcError | undefined) {
      if (error) return reject(error);
      if (!response) return reject(new RpcError(Code.Internal, "the service sent no response"));
      try {
        resolve(decode(response));
      } catch (malformed) {
        reject(malformed);
      }
    },
  };
};

const tooMany = () => new RpcError(Code.Internal, "the service sent more than one response");
const nothing = () => undefined;

export const unaryCall = (method: DescMethod, opener: CallOpener) => {
  const path = methodPath(method);
  const encode = createEncoder(method.input);
  const decode = createDecoder(method.output);
  return (request: unknown, options?: CallOptions): Promise<Message> => {
    const single = singleResponse(decode);
    try {
      const bytes = encode(request);
      const call = opener.open(path, options, true, {
        onMessage: (message) => (single.onMessage(message) ? call.read() : call.cancel(tooMany())),
        onEnd: single.onEnd,
      });
      call.read();
      call.send(bytes, nothing);
      call.halfClose();
    } catch (error) {
      single.reject(RpcError.from(error));
    }
    return single.promise;
  };
};

export const clientStreamCall = (method: DescMethod, opener: CallOpener) => {
  const path = methodPath(method);
  const encode = createEncoder(method.input);
  const decode = createDecoder(method.output);
  return (source: AsyncIterable<unknown>, options?: CallOptions): Promise<Message> => {
    const single = singleResponse(decode);
    try {
      const requests = createSender(encode, source);
      const call = opener.open(path, options, false, {
        onMessage: (message) => (single.onMessage(message) ? call.read() : call.cancel(tooMany())),
        onEnd(error) {
          requests.stop();
          single.onEnd(error);
        },
      });
      call.read();
      requests.run(call);
    } catch (error) {
      single.reject(RpcError.from(error));
    }
    return single.promise;
  };
};

/** Server streaming and bidirectional streaming. */
export const responseStreamCall = (method: DescMethod, opener: CallOpener) => {
  const path = methodPath(method);
  const encode = createEncoder(method.input);
  const decode = createDecoder(method.output);
  const streaming = method.methodKind === "bidi_streaming";
  return (request: unknown, options?: CallOptions): AsyncIterable<Message> => {
    let call: OpenCall | undefined;
    const responses = createReceiver(() => call?.read(), decode);
    const iterator: AsyncIterator<Message, undefined> = {
      next: () => responses.next(),
      return() {
        responses.abort(undefined);
        call?.cancel(canceled());
        return Promise.resolve({ value: undefined, done: true });
      },
    };
    try {
      const requests = streaming ? createSender(encode, request as AsyncIterable<unknown>) : undefined;
      const bytes = streaming ? undefined : encode(request);
      call = opener.open(path, options, false, {
        onMessage: (message) => responses.push(message),
        onEnd(error, early) {
          requests?.stop();
          // The service's own status comes after its messages; a cancel does not wait for them.
          if (!error) responses.end();
          else if (early) responses.abort(error);
          else responses.fail(error);
        },
      });
      responses.start();
      if (bytes) {
        call.send(bytes, nothing);
        call.halfClose();
      }
      requests?.run(call);
    } catch (error) {
      responses.fail(RpcError.from(error));
    }
    return { [Symbol.asyncIterator]: () => iterator };
  };
};

/** Sends a request stream, one message after the other, as fast as the transport takes them. */
const createSender = (encode: Encoder, source: AsyncIterable<unknown>) => {
  const iterator = source[Symbol.asyncIterator]();
  let stopped = false;
  let exhausted = false;
  let release: (() => void) | undefined;

  const pump = async (call: OpenCall) => {
    for (;;) {
      const next = await iterator.next().catch((error: unknown) => {
        exhausted = true;
        throw error;
      });
      if (next.done) exhausted = true;
      if (stopped) return;
      if (next.done) return call.halfClose();
      const bytes = encode(next.value);
      // grpc-js calls back when the bytes have left, or are few enough to be kept; after the end it does not, so stop() does.
      await new Promise<void>((resolve) => {
        release = resolve;
        call.send(bytes, resolve);
      });
    }
  };

  return {
    run(call: OpenCall): void {
      pump(call).catch((error: unknown) => {
        call.cancel(RpcError.from(error, Code.Canceled));
      });
    },
    /** The call is over: tells the iterable so, and the writers behind it. */
    stop(): void {
      if (stopped) return;
      stopped = true;
      release?.();
      if (!exhausted) leaveIterator(iterator);
    },
  };
};
