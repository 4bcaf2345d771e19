import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { createClients } from "./method-table.ts";
import type { CallOptions, Channel } from "./types.ts";

/** A call of any kind: unary and client-streaming ones give a promise, the others an async iterable. */
export type AnyCall = (request: unknown, options?: CallOptions) => unknown;

/** The call itself out of a client; methods are found by name because their kinds differ in type. */
const callOf = (client: object, method: DescMethod): AnyCall => {
  const call: unknown = Reflect.get(client, method.localName);
  if (typeof call !== "function") throw new TypeError(`no method ${method.localName}`);
  return (request, options) => call(request, options);
};

/**
 * A channel whose calls go through a function: what retries, circuits and the like are made of.
 * @param inner called for each call, so the channel behind may be replaced
 * @param intercept gets a method and the way to call it, once for each method; gives what clients call instead
 */
export const interceptCalls = (
  inner: () => Channel,
  intercept: (method: DescMethod, call: AnyCall) => AnyCall,
  close: () => Promise<void> = () => inner().close(),
): Channel => {
  const current = (service: DescService): object => inner().client(service);
  const callable = (method: DescMethod) =>
    intercept(method, (request, options) => callOf(current(method.parent), method)(request, options));
  return { client: createClients(callable), close };
};
