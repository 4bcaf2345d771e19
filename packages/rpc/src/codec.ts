import {
  type DescField,
  type DescMessage,
  fromBinary,
  type Message,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import { toMessage } from "./method-table.ts";
import { Code, RpcError } from "./rpc-error.ts";

/** Makes the bytes of messages of one type, given as messages or as init objects. */
export type Encoder = (value: unknown) => Buffer;

/** @throws RpcError Internal when the bytes are not a message of the type (the status gRPC prescribes for it) */
export type Decoder = (bytes: Uint8Array) => Message;

export const createDecoder =
  (schema: DescMessage): Decoder =>
  (bytes) => {
    try {
      return fromBinary(schema, bytes);
    } catch (error) {
      throw new RpcError(Code.Internal, "malformed message", { cause: error });
    }
  };

/**
 * Messages that are nothing but a block of bytes, which terminals, files and forwarded ports are made of, are copied
 * once, into a buffer of the right size. protobuf-es copies a large field three times while its buffer grows.
 */
export const createEncoder = (schema: DescMessage): Encoder => {
  const blockOf = createBlockFinder(schema);
  return (value) => {
    const message = toMessage(schema, value);
    const block = blockOf?.(message);
    if (block) return encodeBlock(block.field, block.bytes);
    const bytes = toBinary(schema, message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
};

interface Block {
  field: DescField;
  bytes: Uint8Array;
}

/** Finds the block of a message that has nothing else set. Undefined for a type that always may have more. */
const createBlockFinder = (schema: DescMessage): ((message: Message) => Block | undefined) | undefined => {
  const blocks = new Map(schema.fields.filter(isBytes).map((field) => [field.localName, field]));
  const [first] = schema.fields;
  if (!first || blocks.size === 0) return undefined;
  const { oneof } = first;
  if (!schema.fields.every((field) => field.oneof === oneof) || (!oneof && schema.fields.length > 1))
    return undefined;

  const blockOf = (field: DescField | undefined, bytes: unknown): Block | undefined =>
    field && bytes instanceof Uint8Array && bytes.length > 0 ? { field, bytes } : undefined;
  return (message) => {
    if (message.$unknown) return undefined;
    if (!oneof) return blockOf(first, Reflect.get(message, first.localName));
    const chosen: { case?: string; value?: unknown } = Reflect.get(message, oneof.localName);
    return chosen.case === undefined ? undefined : blockOf(blocks.get(chosen.case), chosen.value);
  };
};

const isBytes = (field: DescField): boolean =>
  field.fieldKind === "scalar" && field.scalar === ScalarType.BYTES;

const lengthDelimited = 2;

const encodeBlock = (field: DescField, bytes: Uint8Array): Buffer => {
  const tag = ((field.number << 3) | lengthDelimited) >>> 0;
  const start = varintSize(tag) + varintSize(bytes.length);
  const buffer = Buffer.allocUnsafe(start + bytes.length);
  writeVarint(buffer, writeVarint(buffer, 0, tag), bytes.length);
  buffer.set(bytes, start);
  return buffer;
};

const varintSize = (value: number): number => {
  let size = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) size += 1;
  return size;
};

const writeVarint = (buffer: Buffer, at: number, value: number): number => {
  let rest = value;
  let position = at;
  for (; rest > 0x7f; rest >>>= 7) buffer[position++] = (rest & 0x7f) | 0x80;
  buffer[position++] = rest;
  return position;
};
