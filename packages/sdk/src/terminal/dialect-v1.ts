import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { CloudshellMessageSchema } from "@k8shell/contract/gen/cloudshell/cloudshell_pb.js";
import type { ClientDialect, ServerEvent } from "./dialect.ts";

type PayloadInit = NonNullable<MessageInitShape<typeof CloudshellMessageSchema>["payload"]>;

const encode = (payload: PayloadInit): Uint8Array =>
  toBinary(CloudshellMessageSchema, create(CloudshellMessageSchema, { payload }));

/** `cloudshell-v1`: text in both directions, no numbers. One per connection: input may cut characters. */
export const createDialectV1 = (): ClientDialect => {
  const typed = new TextDecoder();
  const shown = new TextEncoder();
  return {
    decode(frame): ServerEvent {
      const { payload } = fromBinary(CloudshellMessageSchema, frame);
      switch (payload.case) {
        case "terminalOutput":
          return { kind: "output", offset: undefined, data: shown.encode(payload.value.data) };
        case "terminalError":
          return { kind: "notice", text: payload.value.data };
        case "fileExplorer": {
          const { id, payload: content } = payload.value;
          return content.case === "response"
            ? { kind: "explorer", id, response: content.value.payload }
            : { kind: "other" };
        }
        default:
          return { kind: "other" };
      }
    },
    hello: () => undefined,
    input: (data) => encode({ case: "terminalInput", value: { data: typed.decode(data, { stream: true }) } }),
    resize: (value) => encode({ case: "terminalResize", value }),
    acknowledge: () => undefined,
    ping: () => encode({ case: "ping", value: {} }),
    explorer: (id, payload) =>
      encode({ case: "fileExplorer", value: { id, payload: { case: "command", value: { payload } } } }),
    list: () => undefined,
    end: () => undefined,
  };
};
