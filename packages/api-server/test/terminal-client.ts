import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  CloudshellMessageSchema,
  type FileExplorerCommandSchema,
  type FileExplorerResponse,
} from "@k8shell/contract/gen/cloudshell/cloudshell_pb.js";
import { WebSocket } from "ws";
import { decodeFrame } from "../src/terminal/cloudshell-codec.ts";

type Payload = NonNullable<MessageInitShape<typeof CloudshellMessageSchema>["payload"]>;

/** A browser's end of the terminal socket, with the subprotocol it would offer. */
export const openTerminal = async (url: string, options: { headers?: Record<string, string> } = {}) => {
  const socket = new WebSocket(url.replace(/^http/, "ws"), "cloudshell-v1", {
    perMessageDeflate: false,
    headers: options.headers,
  });
  let output = "";
  let received = 0;
  let keep = true;
  const errors: string[] = [];
  const pongs: number[] = [];
  const answers = new Map<string, FileExplorerResponse["payload"]>();
  let wake = Promise.withResolvers<void>();
  const changed = () => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  let end: { code: number; reason: string } | undefined;

  socket.on("message", (data: Buffer, isBinary) => {
    if (!isBinary) throw new Error("a text frame");
    const payload = decodeFrame(data);
    switch (payload.case) {
      case "terminalOutput":
        received += payload.value.data.length;
        output = keep ? output + payload.value.data : payload.value.data;
        break;
      case "terminalError":
        errors.push(payload.value.data);
        break;
      case "pong":
        pongs.push(Date.now());
        break;
      case "fileExplorer":
        if (payload.value.payload.case === "response") {
          answers.set(payload.value.id, payload.value.payload.value.payload);
        }
        break;
      default:
        throw new Error(`unexpected ${payload.case}`);
    }
    changed();
  });
  socket.on("close", (code, reason) => {
    end = { code, reason: reason.toString() };
    closed.resolve(end);
    changed();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("unexpected-response", (_request, response) =>
      reject(new Error(`refused with ${response.statusCode}`)),
    );
    socket.once("error", reject);
  });
  socket.on("error", () => {});

  const send = (payload: Payload) =>
    socket.send(toBinary(CloudshellMessageSchema, create(CloudshellMessageSchema, { payload })));
  const until = async (condition: () => boolean) => {
    while (!condition()) {
      if (end)
        throw new Error(`closed with ${end.code} ${end.reason}: ${JSON.stringify({ output, errors })}`);
      await wake.promise;
    }
  };
  let lastId = 0;

  return {
    socket,
    errors,
    pongs,
    closed: closed.promise,
    get output() {
      return output;
    },
    /** Characters of output ever received. */
    get received() {
      return received;
    },
    /** From now on only the last frame is kept. */
    forgetOutput() {
      keep = false;
      output = "";
    },
    keepOutput() {
      keep = true;
    },
    send,
    until,
    type: (data: string) => send({ case: "terminalInput", value: { data } }),
    resize: (cols: number, rows: number) => send({ case: "terminalResize", value: { cols, rows } }),
    /** Waits until the output has `wanted` behind `from`. */
    shows: (wanted: string, from = 0) => until(() => output.indexOf(wanted, from) >= 0),
    async explore(payload: MessageInitShape<typeof FileExplorerCommandSchema>["payload"]) {
      lastId += 1;
      const id = `c${lastId}`;
      send({ case: "fileExplorer", value: { id, payload: { case: "command", value: { payload } } } });
      await until(() => answers.has(id));
      return answers.get(id);
    },
    close(code = 1000) {
      socket.close(code);
      return closed.promise;
    },
    /** As when the network goes: no close frame. */
    async drop() {
      socket.terminate();
      await closed.promise;
    },
  };
};
