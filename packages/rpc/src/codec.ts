import { type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { toMessage } from "./method-table.ts";
import { Code, RpcError } from "./rpc-error.ts";

/** The bytes of a message given as a message or as an init object. */
export const encode = (schema: DescMessage, value: unknown): Buffer => {
  const bytes = toBinary(schema, toMessage(schema, value));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};

/** @throws RpcError Internal when the bytes are not a message of `schema` (the status gRPC prescribes for it) */
export const decode = (schema: DescMessage, bytes: Uint8Array): Message => {
  try {
    return fromBinary(schema, bytes);
  } catch (error) {
    throw new RpcError(Code.Internal, "malformed message", { cause: error });
  }
};
