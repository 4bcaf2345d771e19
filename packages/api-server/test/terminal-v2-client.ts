import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  ClientMessageSchema,
  type Exit,
  type HelloSchema,
  ServerMessageSchema,
  type Snapshot,
  type Terminals,
  type Welcome,
} from "@k8shell/contract/gen/cloudshell/v2/cloudshell_pb.js";
import { WebSocket } from "ws";

type Payload = NonNullable<MessageInitShape<typeof ClientMessageSchema>["payload"]>;

export interface V2Options {
  readonly hello?: MessageInitShape<typeof HelloSchema>;
  /** Acknowledge what arrives at once (default), as a client that renders fast does. */
  readonly acknowledge?: boolean;
  readonly headers?: Record<string, string>;
}

/**
 * A reference client of `cloudshell-v2` (docs/protocols/cloudshell-v2.md): says hello, keeps its position in the
 * stream, checks that no byte is missing, acknowledges, and starts over when the server says so.
 */
export const openTerminalV2 = async (
  url: string,
  { hello = {}, acknowledge = true, headers }: V2Options = {},
) => {
  const socket = new WebSocket(url.replace(/^http/, "ws"), ["cloudshell-v2", "cloudshell-v1"], {
    perMessageDeflate: false,
    headers,
  });
  let welcome: Welcome | undefined;
  let offset: number | undefined;
  /** What a terminal would have been given since it was last reset. */
  let parts: Buffer[] = [];
  let began: { offset: number; snapshot?: Snapshot } | undefined;
  const snapshots: Snapshot[] = [];
  const notices: string[] = [];
  const sizes: Array<{ cols: number; rows: number }> = [];
  const lists: Terminals[] = [];
  let exit: Exit | undefined;
  let pongs = 0;
  let end: { code: number; reason: string } | undefined;
  let wake = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  const send = (payload: Payload) => {
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(toBinary(ClientMessageSchema, create(ClientMessageSchema, { payload })));
  };
  const acknowledgeNow = () => {
    if (offset !== undefined) send({ case: "acknowledge", value: BigInt(offset) });
  };

  socket.on("message", (data: Buffer) => {
    const { payload } = fromBinary(ServerMessageSchema, data);
    switch (payload.case) {
      case "welcome":
        welcome = payload.value;
        offset = Number(welcome.offset);
        began = { offset };
        break;
      case "output":
        if (Number(payload.value.offset) !== offset)
          throw new Error(`output at ${payload.value.offset}, not ${offset}`);
        offset += payload.value.data.length;
        parts.push(Buffer.from(payload.value.data));
        if (acknowledge) acknowledgeNow();
        break;
      case "snapshot":
        snapshots.push(payload.value);
        offset = Number(payload.value.offset);
        began = { offset, snapshot: payload.value };
        parts = [];
        if (acknowledge) acknowledgeNow();
        break;
      case "resized":
        sizes.push(payload.value);
        break;
      case "exit":
        exit = payload.value;
        break;
      case "notice":
        notices.push(payload.value);
        break;
      case "terminals":
        lists.push(payload.value);
        break;
      case "pong":
        pongs += 1;
        break;
      default:
        throw new Error(`unexpected ${payload.case}`);
    }
    wake.resolve();
    wake = Promise.withResolvers();
  });
  socket.on("close", (code, reason) => {
    end = { code, reason: reason.toString() };
    closed.resolve(end);
    wake.resolve();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("unexpected-response", (_request, response) =>
      reject(new Error(`refused with ${response.statusCode}`)),
    );
    socket.once("error", reject);
  });
  socket.on("error", () => {});
  send({ case: "hello", value: hello });

  const bytes = () => {
    if (parts.length > 1) parts = [Buffer.concat(parts)];
    return parts[0] ?? Buffer.alloc(0);
  };
  const text = () => bytes().toString("utf8");
  const until = async (condition: () => boolean) => {
    while (!condition()) {
      if (end)
        throw new Error(
          `closed with ${end.code} ${end.reason}: ${JSON.stringify([text().slice(-300), notices])}`,
        );
      await wake.promise;
    }
  };

  return {
    socket,
    notices,
    snapshots,
    sizes,
    closed: closed.promise,
    send,
    until,
    acknowledgeNow,
    bytes,
    text,
    get welcome() {
      if (!welcome) throw new Error("no welcome yet");
      return welcome;
    },
    /** Where what `bytes` has begins, and the picture it continues. */
    get began() {
      if (!began) throw new Error("no welcome yet");
      return began;
    },
    get exit() {
      return exit;
    },
    get pongs() {
      return pongs;
    },
    welcomed: () => until(() => welcome !== undefined),
    /** What to say in the next hello to go on from here. */
    position: () => ({ stream: welcome?.stream ?? "", offset: BigInt(offset ?? 0) }),
    type: (data: string) => send({ case: "input", value: Buffer.from(data) }),
    resize: (cols: number, rows: number) => send({ case: "resize", value: { cols, rows } }),
    shows: (wanted: string) => until(() => text().includes(wanted)),
    async list() {
      const before = lists.length;
      send({ case: "listTerminals", value: {} });
      await until(() => lists.length > before);
      return lists.at(-1)?.terminals ?? [];
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
