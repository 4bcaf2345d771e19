import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  type CloudshellMessage,
  CloudshellMessageSchema,
} from "@k8shell/contract/gen/cloudshell/cloudshell_pb.js";
import { serverAddress } from "../app/server.ts";

type Payload = NonNullable<MessageInitShape<typeof CloudshellMessageSchema>["payload"]>;

export interface CloudshellHandlers {
  onMessage(payload: CloudshellMessage["payload"]): void;
  onOpen(): void;
  /** `final`: the server ended the terminal or refused it, so a retry is pointless. */
  onClose(final: boolean, reason: string): void;
}

export interface CloudshellSocket {
  send(payload: Payload): void;
  close(): void;
}

const pingEveryMs = 25_000;

/** Opens the terminal socket of a workspace: one CloudshellMessage per binary frame, subprotocol cloudshell-v1. */
export const openCloudshell = (
  options: { workspace: string; tab: string; cols: number; rows: number },
  handlers: CloudshellHandlers,
): CloudshellSocket => {
  const url = new URL(
    `${serverAddress}/api/v1/workspaces/${encodeURIComponent(options.workspace)}/interactive`,
  );
  url.protocol = url.protocol.replace("http", "ws");
  url.search = new URLSearchParams({
    tab: options.tab,
    cols: String(options.cols),
    rows: String(options.rows),
  }).toString();
  const socket = new WebSocket(url, "cloudshell-v1");
  socket.binaryType = "arraybuffer";

  const send = (payload: Payload) => {
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(
      toBinary(
        CloudshellMessageSchema,
        create(CloudshellMessageSchema, { payload }),
      ) as Uint8Array<ArrayBuffer>,
    );
  };
  const pings = setInterval(() => send({ case: "ping", value: {} }), pingEveryMs);

  socket.onopen = () => handlers.onOpen();
  socket.onmessage = ({ data }) =>
    handlers.onMessage(fromBinary(CloudshellMessageSchema, new Uint8Array(data as ArrayBuffer)).payload);
  socket.onclose = ({ code, reason }) => {
    clearInterval(pings);
    handlers.onClose(code === 1000 || code === 1008 || (code >= 4000 && code < 5000), reason);
  };

  return { send, close: () => socket.close(1000) };
};
