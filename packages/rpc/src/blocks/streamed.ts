import {
  type DescMethodBiDiStreaming,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { createServedCall } from "../call-context.ts";
import { methodPath, toMessage } from "../method-table.ts";
import { createPipe } from "../pipe.ts";
import { Code, RpcError } from "../rpc-error.ts";
import { leaveIterator } from "../served-stream.ts";
import type { CallContext } from "../types.ts";
import type { BlockMethod, ServedBlockCall, ServedBlockEvents } from "./server.ts";

type Input<M> = M extends DescMethodBiDiStreaming<infer I> ? I : never;
type Output<M> = M extends DescMethodBiDiStreaming<infer _I, infer O> ? O : never;

export interface StreamedBlocksOptions<M extends DescMethodBiDiStreaming> {
  readonly method: M;
  /** Keys (field number and wire type 2) of the bytes field in requests and responses. */
  readonly requestTag: number;
  readonly responseTag: number;
  /** The request that a block stands for. */
  readonly requestOf: (block: Buffer) => MessageShape<Input<M>>;
  /**
   * The block that a response is, if it is one. Without `sent` it need not stay as it is when the next response is asked
   * for.
   */
  readonly blockOf: (response: MessageInitShape<Output<M>>) => Uint8Array | undefined;
  /** Takes responses whose block nobody looks at any more; not those under way when the call ends before. */
  readonly sent?: (response: MessageInitShape<Output<M>>) => void;
  /** The implementation, as it serves every other client. */
  readonly implementation: (
    requests: AsyncIterable<MessageShape<Input<M>>>,
    context: CallContext,
  ) => AsyncIterable<MessageInitShape<Output<M>>>;
}

/** Requests that may wait for the implementation. */
const maxQueued = 16;

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * Serves an implementation made of iterators to block clients: one source of behaviour, and HTTP/2 of our own for those
 * that move many bytes through it.
 */
export const streamedBlocks = <M extends DescMethodBiDiStreaming>(
  options: StreamedBlocksOptions<M>,
): BlockMethod => {
  const { method, requestTag, responseTag, requestOf, blockOf, sent, implementation } = options;
  const serve = (call: ServedBlockCall): ServedBlockEvents => {
    const served = createServedCall(() => call.metadata, undefined);
    const requests = createPipe<MessageShape<Input<M>>>(maxQueued);
    let drained: (() => void) | undefined;
    let full = false;
    served.onEnd((error) => {
      requests.abort(error);
      drained?.();
    });
    const push = (request: MessageShape<Input<M>>) => {
      const room = requests.write(request);
      if (requests.length < maxQueued || full) return;
      full = true;
      call.pause();
      void room.then(() => {
        full = false;
        call.resume();
      });
    };
    /** False while there is no room. */
    const send = (response: MessageInitShape<Output<M>>): boolean => {
      const block = blockOf(response);
      if (block) return call.write(bufferOf(block), sent && (() => sent(response)));
      call.send(bufferOf(toBinary(method.output, toMessage(method.output, response))));
      return true;
    };
    const run = async () => {
      try {
        const responses = implementation(requests, served.context)[Symbol.asyncIterator]();
        served.onEnd(() => leaveIterator(responses));
        for (;;) {
          const next = await responses.next();
          if (next.done || served.ended) break;
          if (send(next.value)) continue;
          await new Promise<void>((resolve) => {
            drained = resolve;
          });
          if (served.ended) break;
        }
        call.finish();
      } catch (error) {
        call.finish(error);
      }
    };
    void run();
    return {
      onMessage(message) {
        try {
          push(fromBinary(method.input, message) as MessageShape<Input<M>>);
        } catch (error) {
          requests.abort(new RpcError(Code.Internal, "malformed message", { cause: error }));
        }
      },
      // A copy: the request waits for its reader, and the piece is lent.
      onBlock: (piece) => push(requestOf(Buffer.from(piece))),
      onDrain: () => drained?.(),
      onEnd: () => requests.end(),
      onGone: () => served.end(new RpcError(Code.Canceled, "call canceled")),
    };
  };
  return { path: methodPath(method), requestTag, responseTag, borrows: sent === undefined, serve };
};
