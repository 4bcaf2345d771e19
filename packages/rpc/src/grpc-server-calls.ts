import type { DescMethod, Message } from "@bufbuild/protobuf";
import type { Metadata as GrpcMetadata, ServerInterceptingCallInterface } from "@grpc/grpc-js";
import { createServedCall, type ServedCall } from "./call-context.ts";
import { deadlineExceeded, watchForEnd } from "./call-end.ts";
import { createDecoder, createEncoder, type Encoder } from "./codec.ts";
import { grpcMetadata, plainMetadata } from "./grpc-metadata.ts";
import { createReceiver } from "./grpc-receiver.ts";
import { statusOfError } from "./grpc-status.ts";
import { methodPath } from "./method-table.ts";
import { Code, RpcError } from "./rpc-error.ts";
import { pumpResponses } from "./served-stream.ts";
import type { CallContext, Metadata } from "./types.ts";

/** Serves one call from its beginning. */
export type ServeCall = (call: ServerInterceptingCallInterface) => void;

type Handler = (request: unknown, context: CallContext) => unknown;

/** The end of a call; only the first counts. */
interface Finish {
  readonly finished: boolean;
  succeed(response?: Buffer): void;
  fail(error: unknown, served?: ServedCall): void;
}

interface CallServerDeps {
  authenticate: ((context: CallContext, method: string) => void | Promise<void>) | undefined;
  onError: ((error: unknown, method: string, metadata?: Metadata) => void) | undefined;
}

/**
 * Response bytes handed to HTTP/2 and not yet sent, at which the implementation waits: one block is sent while the next
 * is made. More is slower, because the blocks then leave the processor's cache before they are sent.
 */
const maxBytesUnderWay = 64 * 1024;
/** What a message costs besides its bytes, so that many tiny ones count too. */
const messageOverhead = 256;

const ok = { code: Code.Ok, details: "OK" };

/** Makes the function that serves the calls of one method with its implementation. */
export const createCallServer = ({ authenticate, onError }: CallServerDeps) => {
  const begin = (
    call: ServerInterceptingCallInterface,
    metadata: GrpcMetadata,
    sendHeaders?: (headers: Metadata) => void,
  ): ServedCall => {
    const deadline = Number(call.getDeadline());
    return createServedCall(
      () => plainMetadata(metadata),
      Number.isFinite(deadline) ? deadline : undefined,
      sendHeaders,
    );
  };

  /** Why grpc-js says that the call is canceled. */
  const endReason = ({ context: { deadline } }: ServedCall): RpcError =>
    deadline !== undefined && Date.now() >= deadline
      ? deadlineExceeded()
      : new RpcError(Code.Canceled, "call canceled");

  const createFinish = (call: ServerInterceptingCallInterface, path: string): Finish => {
    let finished = false;
    return {
      get finished() {
        return finished;
      },
      succeed(response) {
        if (finished) return;
        finished = true;
        // Both are handed over at once, so that response and status leave in one packet.
        if (response) call.sendMessage(response, () => undefined);
        call.sendStatus(ok);
      },
      fail(error, served) {
        if (finished) return;
        finished = true;
        // After an early end this is the implementation noticing it, and nobody's news.
        if (!(error instanceof RpcError) && !served?.ended) onError?.(error, path, served?.context.metadata);
        call.sendStatus(statusOfError(error));
      },
    };
  };

  /** Unary and server streaming: one request, then the half-close. */
  const singleRequest = (
    method: DescMethod,
    respond: (
      request: Message,
      call: ServerInterceptingCallInterface,
      served: ServedCall,
      finish: Finish,
    ) => unknown,
  ): ServeCall => {
    const path = methodPath(method);
    const decode = createDecoder(method.input);
    return (call) => {
      const finish = createFinish(call, path);
      let served: ServedCall | undefined;
      let bytes: Buffer | undefined;
      const run = async (opened: ServedCall, request: Buffer) => {
        try {
          if (authenticate) await authenticate(opened.context, path);
          await respond(decode(request), call, opened, finish);
        } catch (error) {
          finish.fail(error, opened);
        }
      };
      call.start({
        onReceiveMetadata(metadata) {
          served = begin(call, metadata, (headers) => call.sendMetadata(grpcMetadata(headers)));
          call.startRead();
        },
        onReceiveMessage(message: Buffer) {
          if (bytes) return finish.fail(new RpcError(Code.Internal, "more than one request message"));
          bytes = message;
          call.startRead();
        },
        onReceiveHalfClose() {
          if (!served || !bytes) return finish.fail(new RpcError(Code.Internal, "no request message"));
          void run(served, bytes);
        },
        onCancel() {
          if (served && !finish.finished) served.end(endReason(served));
        },
      });
    };
  };

  const unary = (method: DescMethod, handler: Handler): ServeCall => {
    const encode = createEncoder(method.output);
    return singleRequest(method, async (request, _call, served, finish) => {
      finish.succeed(encode(await handler(request, served.context)));
    });
  };

  const serverStream = (method: DescMethod, handler: Handler): ServeCall => {
    const encode = createEncoder(method.output);
    return singleRequest(method, (request, call, served, finish) =>
      sendResponses(method, encode, call, served, finish, () => handler(request, served.context)),
    );
  };

  const requestStream = (method: DescMethod, handler: Handler): ServeCall => {
    const path = methodPath(method);
    const encode = createEncoder(method.output);
    const decode = createDecoder(method.input);
    return (call) => {
      const finish = createFinish(call, path);
      const requests = createReceiver(() => call.startRead(), decode);
      let served: ServedCall | undefined;
      const run = async (opened: ServedCall) => {
        const { context } = opened;
        const stream = { [Symbol.asyncIterator]: () => ({ next: () => requests.next() }) };
        try {
          if (authenticate) await authenticate(context, path);
          if (method.methodKind === "bidi_streaming") {
            await sendResponses(method, encode, call, opened, finish, () => handler(stream, context));
          } else finish.succeed(encode(await handler(stream, context)));
        } catch (error) {
          finish.fail(error, opened);
        }
      };
      call.start({
        onReceiveMetadata(metadata) {
          served = begin(call, metadata);
          served.onEnd((error) => requests.abort(error));
          requests.start();
          void run(served);
        },
        onReceiveMessage: (message: Buffer) => requests.push(message),
        // A client that cancels may send END_STREAM just before RST_STREAM (Node does); let the reset overtake it.
        onReceiveHalfClose: () => void setImmediate(() => requests.end()),
        onCancel() {
          if (served && !finish.finished) served.end(endReason(served));
        },
      });
    };
  };

  return (method: DescMethod, handler: Handler): ServeCall => {
    if (method.methodKind === "unary") return unary(method, handler);
    return method.methodKind === "server_streaming"
      ? serverStream(method, handler)
      : requestStream(method, handler);
  };
};

/** Sends what an implementation yields, and waits while too much is under way. */
const sendResponses = async (
  method: DescMethod,
  encode: Encoder,
  call: ServerInterceptingCallInterface,
  served: ServedCall,
  finish: Finish,
  start: () => unknown,
): Promise<void> => {
  let underWay = 0;
  let resume: ((more: boolean) => void) | undefined;
  served.onEnd(() => resume?.(false));
  // grpc-js sends the deadline's status behind the responses under way, and does not tell of it before they have left.
  const { deadline } = served.context;
  const stopWatching = watchForEnd(
    undefined,
    deadline === undefined ? undefined : deadline - Date.now(),
    served.end,
  );
  const write = (message: Message): boolean | Promise<boolean> => {
    if (served.ended) return false;
    const bytes = encode(message);
    const size = bytes.length + messageOverhead;
    underWay += size;
    call.sendMessage(bytes, () => {
      underWay -= size;
      if (underWay < maxBytesUnderWay) resume?.(true);
    });
    if (underWay < maxBytesUnderWay) return true;
    return new Promise((resolve) => {
      resume = resolve;
    });
  };
  try {
    await pumpResponses(method, served, () => start() as AsyncIterable<unknown>, write);
    if (!served.ended) finish.succeed();
  } finally {
    stopWatching();
  }
};
