import type {
  DescMethodBiDiStreaming,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";

/** Call metadata (HTTP/2 headers): lower-case ASCII keys, one string value each. */
export type Metadata = Readonly<Record<string, string>>;

/** Options of one client call. */
export interface CallOptions {
  /** Sent with the call, after the channel's own metadata (which it overrides key by key). */
  metadata?: Metadata;
  /** Milliseconds until the call fails with DeadlineExceeded. Unary calls fall back to the channel's default; streams have none. */
  timeoutMs?: number;
  /** Aborting cancels the call: the server sees its `signal` abort. This is not a half-close. */
  signal?: AbortSignal;
  /** Told what the service says before the response of a unary call (its headers), if it says anything. */
  onHeaders?: (headers: Metadata) => void;
}

/** What an implementation knows about the call it serves. */
export interface CallContext {
  readonly metadata: Metadata;
  /** Aborts when the client cancels, its connection is lost, or the deadline passes. */
  readonly signal: AbortSignal;
  /** Absolute deadline in epoch milliseconds, when the client set one. */
  readonly deadline?: number;
  /** Sends headers before the response of a unary call. Streams send none. */
  sendHeaders(headers: Metadata): void;
}

/**
 * A typed client. Requests may be plain init objects. A call starts when its method is called, whether or not its
 * responses are read. Streams are async iterables with backpressure on both sides:
 * the end of the request iterable is the half-close, `CallOptions.signal` is the cancel, and leaving a response
 * loop early (`break`, `return`) cancels too. Every failure is an `RpcError`.
 */
export type Client<S extends DescService> = {
  readonly [K in keyof S["method"]]: S["method"][K] extends DescMethodUnary<infer I, infer O>
    ? (request: MessageInitShape<I>, options?: CallOptions) => Promise<MessageShape<O>>
    : S["method"][K] extends DescMethodServerStreaming<infer I, infer O>
      ? (request: MessageInitShape<I>, options?: CallOptions) => AsyncIterable<MessageShape<O>>
      : S["method"][K] extends DescMethodClientStreaming<infer I, infer O>
        ? (requests: AsyncIterable<MessageInitShape<I>>, options?: CallOptions) => Promise<MessageShape<O>>
        : S["method"][K] extends DescMethodBiDiStreaming<infer I, infer O>
          ? (
              requests: AsyncIterable<MessageInitShape<I>>,
              options?: CallOptions,
            ) => AsyncIterable<MessageShape<O>>
          : never;
};

/**
 * An implementation of a service; results may be plain init objects. A request iterable ends on the client's
 * half-close and throws `RpcError` Canceled on cancel. Throw `RpcError` to answer with a status; anything else
 * becomes Internal with a generic message.
 */
export type ServiceImpl<S extends DescService> = {
  readonly [K in keyof S["method"]]: S["method"][K] extends DescMethodUnary<infer I, infer O>
    ? (request: MessageShape<I>, context: CallContext) => Promise<MessageInitShape<O>> | MessageInitShape<O>
    : S["method"][K] extends DescMethodServerStreaming<infer I, infer O>
      ? (request: MessageShape<I>, context: CallContext) => AsyncIterable<MessageInitShape<O>>
      : S["method"][K] extends DescMethodClientStreaming<infer I, infer O>
        ? (requests: AsyncIterable<MessageShape<I>>, context: CallContext) => Promise<MessageInitShape<O>>
        : S["method"][K] extends DescMethodBiDiStreaming<infer I, infer O>
          ? (
              requests: AsyncIterable<MessageShape<I>>,
              context: CallContext,
            ) => AsyncIterable<MessageInitShape<O>>
          : never;
};

/**
 * A service and (part of) its implementation. A method left out answers Unimplemented. Without a type argument it is
 * a registration of any service; `register` makes one and checks the implementation against the service.
 */
export interface ServiceRegistration<S extends DescService = DescService> {
  readonly service: S;
  readonly implementation: DescService extends S ? object : Partial<ServiceImpl<S>>;
}

/** How calls reach a service. One channel serves any number of services of the same peer. */
export interface Channel {
  /** A client for one service of the peer. Cheap: it is made once. */
  client<S extends DescService>(service: S): Client<S>;
  /** Ends idle connections and refuses new calls. */
  close(): Promise<void>;
}
