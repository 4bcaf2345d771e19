import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { responseOf } from "./answered.ts";
import type { BlockChannel } from "./blocks/channel.ts";
import { methodPath } from "./method-table.ts";
import { Code, RpcError } from "./rpc-error.ts";
import type { CallOptions, Channel, Client, Metadata } from "./types.ts";

/** A call that has begun, as its observer sees it. */
export interface ObservedCall {
  /** Sent with the call, below what the caller itself sends. */
  readonly metadata?: Metadata | undefined;
  /** Called once, for unary calls only: a stream has no duration that says something. */
  end(code: Code): void;
}

export interface CallObserver {
  /** @param path e.g. `/identity.v1.IdentityService/FindUser` */
  begin(path: string, streaming: boolean): ObservedCall;
}

const codeOf = (error: unknown): Code => (error instanceof RpcError ? error.code : Code.Unknown);

type Call = (request: unknown, options?: CallOptions) => unknown;

/** Several observers as one. What the first sends goes before what the next sends. */
const together = (observers: readonly CallObserver[]): CallObserver => {
  const [only] = observers;
  if (only && observers.length === 1) return only;
  return {
    begin(path, streaming) {
      const begun = observers.map((observer) => observer.begin(path, streaming));
      const metadata: Metadata = Object.assign({}, ...begun.map((one) => one.metadata).reverse());
      return {
        metadata,
        end(code) {
          for (const one of begun) one.end(code);
        },
      };
    },
  };
};

const observed = (method: DescMethod, call: Call, observer: CallObserver): Call => {
  const path = methodPath(method);
  const streaming = method.methodKind !== "unary";
  return (request, options) => {
    const begun = observer.begin(path, streaming);
    const { metadata } = begun;
    const result = call(
      request,
      metadata ? { ...options, metadata: { ...metadata, ...options?.metadata } } : options,
    );
    if (streaming || !(result instanceof Promise)) return result;
    if (responseOf(result)) {
      begun.end(Code.Ok);
      return result;
    }
    return result.then(
      (value: unknown) => {
        begun.end(Code.Ok);
        return value;
      },
      (error: unknown) => {
        begun.end(codeOf(error));
        throw error;
      },
    );
  };
};

/** A channel whose clients tell observers of their calls. Everything else of the channel stays as it is. */
export const observeChannel = <C extends Channel>(channel: C, observers: readonly CallObserver[]): C => {
  if (observers.length === 0) return channel;
  const observer = together(observers);
  const clients = new Map<DescService, object>();
  const client = <S extends DescService>(service: S): Client<S> => {
    const inner = channel.client(service);
    const wrapped =
      clients.get(service) ??
      Object.fromEntries(
        service.methods.map((method) => {
          const call: unknown = Reflect.get(inner, method.localName);
          if (typeof call !== "function") throw new Error(`${methodPath(method)} has no client`);
          return [
            method.localName,
            observed(method, (request, options) => Reflect.apply(call, inner, [request, options]), observer),
          ];
        }),
      );
    clients.set(service, wrapped);
    // The same names and signatures as the client within.
    return wrapped as Client<S>;
  };
  return { ...channel, client };
};

/** A channel for blocks whose calls observers are told of, as streams. */
export const observeBlocks = (channel: BlockChannel, observers: readonly CallObserver[]): BlockChannel => ({
  open(options, events) {
    let { metadata } = options;
    for (const observer of observers)
      metadata = { ...observer.begin(options.path, true).metadata, ...metadata };
    return channel.open({ ...options, metadata }, events);
  },
  close: channel.close,
});
