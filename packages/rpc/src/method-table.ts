import type { DescMessage, DescMethod, DescService, Message } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import { Code, RpcError } from "./rpc-error.ts";
import type { Channel, Client } from "./types.ts";

/** The HTTP/2 path of a method, e.g. `/identity.v1.IdentityService/FindUser`. */
export const methodPath = (method: DescMethod): string => `/${method.parent.typeName}/${method.name}`;

/**
 * Makes clients: one function for each method of a service, named as protobuf-es names them. A client is made when it
 * is first asked for and then kept.
 * @param callable the function of one method, with the signature that its kind has in `Client`
 */
export const createClients = (callable: (method: DescMethod) => unknown): Channel["client"] => {
  const clients = new Map<DescService, object>();
  return <S extends DescService>(service: S) => {
    const client =
      clients.get(service) ??
      Object.fromEntries(service.methods.map((method) => [method.localName, callable(method)]));
    clients.set(service, client);
    // Keys and signatures follow the descriptor, which the type Client<S> is computed from.
    return client as Client<S>;
  };
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

const isMessage = (value: Record<string, unknown>, { typeName }: DescMessage): value is Message =>
  value.$typeName === typeName;

/** `value` itself when it is a message of `schema`, otherwise a message made from it. */
export const toMessage = (schema: DescMessage, value: unknown): Message => {
  if (!isObject(value)) {
    throw new RpcError(Code.Internal, "internal error", {
      cause: new TypeError(`${schema.typeName} expected, got ${value === null ? "null" : typeof value}`),
    });
  }
  return isMessage(value, schema) ? value : create(schema, value);
};

/** The failure of a call to a method that nobody serves. */
export const unimplemented = (method: DescMethod): RpcError =>
  new RpcError(Code.Unimplemented, `The server does not implement the method ${methodPath(method)}`);
