import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  type CloudshellMessage,
  CloudshellMessageSchema,
  type FileExplorerResponseSchema,
} from "@k8shell/contract/gen/cloudshell/cloudshell_pb.js";
import { varintLength, writeVarint } from "./varint.ts";

/** The subprotocol of the platform (rest-contract 3.4). */
export const cloudshellProtocol = "cloudshell-v1";

export type CloudshellPayload = CloudshellMessage["payload"];

/**
 * Decodes one binary frame: exactly one CloudshellMessage. A message of a newer protocol has no known payload
 * (`case` undefined).
 * @throws Error when the bytes are no such message
 */
export const decodeFrame = (frame: Uint8Array): CloudshellPayload =>
  fromBinary(CloudshellMessageSchema, frame).payload;

type PayloadInit = NonNullable<MessageInitShape<typeof CloudshellMessageSchema>["payload"]>;

const encode = (payload: PayloadInit): Uint8Array =>
  toBinary(CloudshellMessageSchema, create(CloudshellMessageSchema, { payload }));

export const pongFrame = (): Uint8Array => encode({ case: "pong", value: {} });

/** Text for the user: could not open, ended. */
export const errorFrame = (data: string): Uint8Array => encode({ case: "terminalError", value: { data } });

export const explorerFrame = (
  id: string,
  response: MessageInitShape<typeof FileExplorerResponseSchema>,
): Uint8Array =>
  encode({ case: "fileExplorer", value: { id, payload: { case: "response", value: response } } });

const outputTag = (4 << 3) | 2;
const dataTag = (1 << 3) | 2;

/**
 * A `terminal_output` frame around text that is UTF-8 already: the bytes are copied once, instead of being decoded
 * to a string and encoded again.
 * @param parts valid UTF-8 each, less than 256 MiB together
 */
export const outputFrame = (parts: readonly Uint8Array[]): Buffer => {
  let length = 0;
  for (const part of parts) length += part.length;
  const message = 1 + varintLength(length) + length;
  const frame = Buffer.allocUnsafe(1 + varintLength(message) + message);
  frame[0] = outputTag;
  let position = writeVarint(frame, 1, message);
  frame[position++] = dataTag;
  position = writeVarint(frame, position, length);
  for (const part of parts) {
    frame.set(part, position);
    position += part.length;
  }
  return frame;
};
