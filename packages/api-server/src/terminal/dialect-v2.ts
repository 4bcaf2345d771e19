import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  ClientMessageSchema,
  type Hello,
  ServerMessageSchema,
  TerminalState,
  Role as WireRole,
} from "@k8shell/contract/gen/cloudshell/v2/cloudshell_pb.js";
import type { ClientEvent, ClientHello, Dialect } from "./dialect.ts";
import { windowBytes } from "./hub-terminal.ts";
import type { OutputFormat } from "./output-viewer.ts";
import type { Role } from "./roles.ts";
import { varintLength, writeVarint } from "./varint.ts";

/** Name of the subprotocol; docs/protocols/cloudshell-v2.md is its specification. */
export const cloudshellV2Protocol = "cloudshell-v2";

type PayloadInit = NonNullable<MessageInitShape<typeof ServerMessageSchema>["payload"]>;

const encode = (payload: PayloadInit): Uint8Array =>
  toBinary(ServerMessageSchema, create(ServerMessageSchema, { payload }));

const roles: Readonly<Record<Role, WireRole>> = {
  owner: WireRole.OWNER,
  writer: WireRole.WRITER,
  observer: WireRole.OBSERVER,
};
const states = {
  detached: TerminalState.DETACHED,
  attached: TerminalState.ATTACHED,
  elsewhere: TerminalState.ELSEWHERE,
} as const;

const roleOf = (wire: WireRole): Role | undefined => {
  switch (wire) {
    case WireRole.OWNER:
      return "owner";
    case WireRole.WRITER:
      return "writer";
    case WireRole.OBSERVER:
      return "observer";
    default:
      return undefined;
  }
};

const maxOffset = BigInt(Number.MAX_SAFE_INTEGER);
const numberOf = (offset: bigint): number => Number(offset > maxOffset ? maxOffset : offset);

const helloOf = ({ cols, rows, terminal, role, resume }: Hello): ClientHello => ({
  size: cols > 0 && rows > 0 ? { cols, rows } : undefined,
  terminal: terminal === "" ? undefined : terminal,
  role: roleOf(role),
  resume: resume && { stream: resume.stream, offset: numberOf(resume.offset) },
});

const decode = (frame: Uint8Array): ClientEvent => {
  const { payload } = fromBinary(ClientMessageSchema, frame);
  switch (payload.case) {
    case "hello":
      return { kind: "hello", hello: helloOf(payload.value) };
    case "input":
      return { kind: "input", data: payload.value };
    case "resize":
      return { kind: "resize", cols: payload.value.cols, rows: payload.value.rows };
    case "acknowledge":
      return { kind: "acknowledge", offset: numberOf(payload.value) };
    case "ping":
      return { kind: "ping" };
    case "fileExplorer":
      return { kind: "explorer", message: payload.value };
    case "listTerminals":
      return { kind: "list" };
    case "end":
      return { kind: "end" };
    default:
      return { kind: "other" };
  }
};

/** Smaller frames are cut from the small pool that Node has itself. */
const pooledFrom = 4096;
const outputTag = (2 << 3) | 2;
const offsetTag = 1 << 3;
const dataTag = (2 << 3) | 2;

/** An `output` message, written by hand: its bytes are copied once, from the ring into the frame. */
const outputFrame: OutputFormat["output"] = (offset, length, copy, allocate) => {
  const message = 1 + varintLength(offset) + 1 + varintLength(length) + length;
  const size = 1 + varintLength(message) + message;
  const frame = size > pooledFrom ? allocate(size) : Buffer.allocUnsafe(size);
  frame[0] = outputTag;
  let at = writeVarint(frame, 1, message);
  frame[at++] = offsetTag;
  at = writeVarint(frame, at, offset);
  frame[at++] = dataTag;
  at = writeVarint(frame, at, length);
  copy(frame, at);
  return frame.subarray(0, size);
};

const format: OutputFormat = {
  output: outputFrame,
  snapshot: ({ offset, cols, rows, text }) =>
    encode({
      case: "snapshot",
      value: { offset: BigInt(offset), cols, rows, data: Buffer.from(text, "utf8") },
    }),
  skipped: () => undefined,
  resized: (size) => encode({ case: "resized", value: size }),
  last: () => undefined,
};

/** Subprotocol `cloudshell-v2`. */
export const dialectV2: Dialect = {
  greets: true,
  numbered: true,
  decode,
  pong: () => encode({ case: "pong", value: {} }),
  notice: (value) => encode({ case: "notice", value }),
  explorer: (id, response) =>
    encode({ case: "fileExplorer", value: { id, payload: { case: "response", value: response } } }),
  welcome: ({ offset, head, role, ...welcome }) =>
    encode({
      case: "welcome",
      value: {
        ...welcome,
        offset: BigInt(offset),
        head: BigInt(head),
        role: roles[role],
        window: windowBytes,
      },
    }),
  exit: (code) => encode({ case: "exit", value: { code } }),
  terminals: (list) =>
    encode({
      case: "terminals",
      value: {
        terminals: list.map(({ viewers, state, ...terminal }) => ({
          ...terminal,
          state: states[state],
          viewers: viewers.map(({ username, role }) => ({ username, role: roles[role] })),
        })),
      },
    }),
  output: () => format,
};
