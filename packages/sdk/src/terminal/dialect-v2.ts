import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  ClientMessageSchema,
  ServerMessageSchema,
  type Terminal,
  TerminalState,
  Role as WireRole,
} from "@k8shell/contract/gen/cloudshell/v2/cloudshell_pb.js";
import type { ClientDialect, ServerEvent } from "./dialect.ts";
import type { ListedTerminalView, TerminalRole } from "./types.ts";

type PayloadInit = NonNullable<MessageInitShape<typeof ClientMessageSchema>["payload"]>;

const encode = (payload: PayloadInit): Uint8Array =>
  toBinary(ClientMessageSchema, create(ClientMessageSchema, { payload }));

const wireRoles: Readonly<Record<TerminalRole, WireRole>> = {
  owner: WireRole.OWNER,
  writer: WireRole.WRITER,
  observer: WireRole.OBSERVER,
};

/** A role of a newer server counts as the one that may least. */
const roleOf = (wire: WireRole): TerminalRole =>
  wire === WireRole.OWNER ? "owner" : wire === WireRole.WRITER ? "writer" : "observer";

const stateOf = (wire: TerminalState): ListedTerminalView["state"] => {
  switch (wire) {
    case TerminalState.ATTACHED:
      return "attached";
    case TerminalState.DETACHED:
      return "detached";
    case TerminalState.ELSEWHERE:
      return "elsewhere";
    default:
      return "unknown";
  }
};

const listed = ({ terminal, owner, state, createdAt, viewers }: Terminal): ListedTerminalView => ({
  id: terminal,
  owner,
  state: stateOf(state),
  createdAt,
  viewers: viewers.map(({ username, role }) => ({ username, role: roleOf(role) })),
});

const decode = (frame: Uint8Array): ServerEvent => {
  const { payload } = fromBinary(ServerMessageSchema, frame);
  switch (payload.case) {
    case "welcome": {
      const {
        terminal: id,
        stream,
        offset,
        role,
        cols,
        rows,
        reattached,
        detachable,
        window,
        head,
      } = payload.value;
      return {
        kind: "welcome",
        welcome: {
          stream,
          offset: Number(offset),
          window,
          head: Number(head),
          info: { id, role: roleOf(role), cols, rows, reattached, detachable, protocol: "cloudshell-v2" },
        },
      };
    }
    case "output":
      return { kind: "output", offset: Number(payload.value.offset), data: payload.value.data };
    case "snapshot": {
      const { offset, cols, rows, data } = payload.value;
      return { kind: "snapshot", offset: Number(offset), size: { cols, rows }, data };
    }
    case "resized":
      return { kind: "resized", size: { cols: payload.value.cols, rows: payload.value.rows } };
    case "exit":
      return { kind: "exit", code: payload.value.code };
    case "notice":
      return { kind: "notice", text: payload.value };
    case "fileExplorer": {
      const { id, payload: content } = payload.value;
      return content.case === "response"
        ? { kind: "explorer", id, response: content.value.payload }
        : { kind: "other" };
    }
    case "terminals":
      return { kind: "terminals", list: payload.value.terminals.map(listed) };
    default:
      return { kind: "other" };
  }
};

/** `cloudshell-v2` (docs/protocols/cloudshell-v2.md). */
export const dialectV2: ClientDialect = {
  decode,
  hello: ({ size, join, role, resume }) =>
    encode({
      case: "hello",
      value: {
        ...size,
        terminal: join,
        role: role && wireRoles[role],
        resume: resume && { stream: resume.stream, offset: BigInt(resume.offset) },
      },
    }),
  input: (value) => encode({ case: "input", value }),
  resize: (value) => encode({ case: "resize", value }),
  acknowledge: (offset) => encode({ case: "acknowledge", value: BigInt(offset) }),
  ping: () => encode({ case: "ping", value: {} }),
  explorer: (id, payload) =>
    encode({ case: "fileExplorer", value: { id, payload: { case: "command", value: { payload } } } }),
  list: () => encode({ case: "listTerminals", value: {} }),
  end: () => encode({ case: "end", value: {} }),
};
