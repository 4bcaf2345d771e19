import type { DescMessage, DescMethod, DescService, Message } from "@bufbuild/protobuf";
import { create, isMessage } from "@bufbuild/protobuf";
import { Code, RpcError } from "./rpc-error.ts";

/** The HTTP/2 path of a method, e.g. `/identity.v1.IdentityService/FindUser`. */
export const methodPath = (method: DescMethod): string => `/${method.parent.typeName}/${method.name}`;

/** Builds an object with one function for each method of a service, named as protobuf-es names them. */
export const mapMethods = <T>(service: DescService, make: (method: DescMethod) => T): Record<string, T> =>
  Object.fromEntries(service.methods.map((method) => [method.localName, make(method)]));

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** `value` itself when it is a message of `schema`, otherwise a message made from it. */
export const toMessage = (schema: DescMessage, value: unknown): Message => {
  if (isMessage(value, schema)) return value;
  if (!isObject(value)) {
    throw new RpcError(Code.Internal, "internal error", {
      cause: new TypeError(`${schema.typeName} expected, got ${value === null ? "null" : typeof value}`),
    });
  }
  return create(schema, value);
};

/** The failure of a call to a method that nobody serves. */
export const unimplemented = (method: DescMethod): RpcError =>
  new RpcError(Code.Unimplemented, `The server does not implement the method ${methodPath(method)}`);
