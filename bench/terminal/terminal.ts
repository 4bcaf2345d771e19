import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  ClientMessageSchema,
  ServerMessageSchema,
} from "@k8shell/contract/gen/cloudshell/v2/cloudshell_pb.js";
import { WebSocket } from "ws";

/** An open terminal as the measurements use it. */
export interface Terminal {
  type(text: string): void;
  /** Takes what is printed; wetty gives it as text. */
  onOutput: (output: Buffer | string) => void;
  close(): void;
}

/** Where a terminal is to be opened. */
export type Target =
  | { readonly kind: "ours"; readonly url: string; readonly headers: Readonly<Record<string, string>> }
  /** @param modules directory with socket.io-client */
  | { readonly kind: "wetty"; readonly url: string; readonly modules: string };

/** Output that is not acknowledged yet, bytes, at which it is: a quarter of the window is asked for (cloudshell-v2). */
const acknowledgeBytes = 48 * 1024;

/** `output` messages begin with this key (field 2, a message). */
const outputKey = (2 << 3) | 2;

/** Reads an `output` message as a client in a hurry does: its bytes stay where they are. */
const outputOf = (frame: Buffer): { offset: number; data: Buffer } => {
  let at = 1;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = frame[at++] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  varint();
  let offset = 0;
  let data = frame.subarray(0, 0);
  while (at < frame.length) {
    const key = frame[at++];
    if (key === 8) offset = varint();
    else {
      const length = varint();
      data = frame.subarray(at, at + length);
      at += length;
    }
  }
  return { offset, data };
};

type ClientPayload = NonNullable<Parameters<typeof create<typeof ClientMessageSchema>>[1]>["payload"];
const encode = (payload: ClientPayload) =>
  toBinary(ClientMessageSchema, create(ClientMessageSchema, { payload }));

const openOurs = async (url: string, headers: Readonly<Record<string, string>>): Promise<Terminal> => {
  const socket = new WebSocket(`${url}?tab=${randomUUID()}`, ["cloudshell-v2"], {
    perMessageDeflate: false,
    headers: { ...headers },
  });
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, { statusCode }) =>
      reject(new Error(`refused: ${statusCode}`)),
    );
  });
  let next: number | undefined;
  let acknowledged = 0;
  const welcomed = Promise.withResolvers<void>();
  const terminal: Terminal = {
    type: (text) => socket.send(encode({ case: "input", value: Buffer.from(text) })),
    onOutput: () => undefined,
    close: () => socket.send(encode({ case: "end", value: {} })),
  };
  socket.on("message", (frame: Buffer) => {
    if (frame[0] !== outputKey) {
      const { payload } = fromBinary(ServerMessageSchema, frame);
      if (payload.case === "welcome") {
        next = acknowledged = Number(payload.value.offset);
        welcomed.resolve();
      } else if (payload.case === "snapshot") throw new Error("output was skipped");
      return;
    }
    const { offset, data } = outputOf(frame);
    if (offset !== next) throw new Error(`output at ${offset}, not ${next}`);
    next = offset + data.length;
    terminal.onOutput(data);
    if (next - acknowledged < acknowledgeBytes) return;
    acknowledged = next;
    socket.send(encode({ case: "acknowledge", value: BigInt(next) }));
  });
  socket.on("close", (code, reason) => {
    if (code !== 1000) throw new Error(`closed with ${code} ${reason}`);
  });
  socket.send(encode({ case: "hello", value: { cols: 120, rows: 30 } }));
  await welcomed.promise;
  return terminal;
};

/** What wetty's own page acknowledges in steps of, characters. */
const commitLength = 262_144;

interface SocketIo {
  emit(event: string, value?: unknown): void;
  on(event: string, listener: (value: string) => void): void;
  disconnect(): void;
}

const openWetty = async (url: string, modules: string): Promise<Terminal> => {
  const { io } = createRequire(`${modules}/`)("socket.io-client");
  const socket: SocketIo = io(url, { path: "/wetty/socket.io", transports: ["websocket"] });
  const terminal: Terminal = {
    type: (text) => socket.emit("input", text),
    onOutput: () => undefined,
    close: () => socket.disconnect(),
  };
  let counted = 0;
  await new Promise<void>((resolve, reject) => {
    socket.on("data", (text) => {
      terminal.onOutput(text);
      counted += text.length;
      if (counted < commitLength) return;
      counted -= commitLength;
      socket.emit("commit", commitLength);
    });
    socket.on("login", () => resolve());
    socket.on("connect_error", () => reject(new Error("wetty does not answer")));
  });
  socket.emit("resize", { cols: 120, rows: 30 });
  return terminal;
};

export const openTerminal = (target: Target): Promise<Terminal> =>
  target.kind === "ours" ? openOurs(target.url, target.headers) : openWetty(target.url, target.modules);
