// Bare @grpc/grpc-js with the same codec and options as ours-client.ts.
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import type { PortForwardResponse } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { definition } from "./bare-codec.ts";
import { blockBytes, report, windowBytes } from "./load.ts";

const [address = "", kind = "", server = ""] = process.argv.slice(2);
const client = new Client(address, credentials.createInsecure(), {
  "grpc-node.flow_control_window": windowBytes,
  "grpc.max_receive_message_length": 32 * 1024 * 1024,
  "grpc.enable_channelz": 0,
});
const block = new Uint8Array(blockBytes);
const { GetCWD, PortForward } = definition;
const open = () =>
  client.makeBidiStreamRequest(
    PortForward.path,
    PortForward.requestSerialize,
    PortForward.responseDeserialize,
  );

await report(
  {
    unary: () =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          GetCWD.path,
          GetCWD.requestSerialize,
          GetCWD.responseDeserialize,
          { shellId: "/home/alice/project" },
          new Metadata(),
          { deadline: Date.now() + 10_000 },
          (error) => (error ? reject(error) : resolve()),
        );
      }),
    download: (received) =>
      new Promise((resolve) => {
        const call = open();
        call.on("error", () => resolve());
        call.on("data", ({ data }: PortForwardResponse) => {
          if (data.length !== blockBytes) throw new Error("not a block");
          if (!received()) call.cancel();
        });
        call.write({ request: { case: "destination", value: { ip: "127.0.0.1", port: 1 } } });
        call.end();
      }),
    upload: (next) =>
      new Promise((resolve) => {
        const call = open();
        call.on("data", () => undefined);
        call.on("end", resolve);
        call.on("error", () => resolve());
        const send = () => {
          while (next()) if (!call.write({ request: { case: "data", value: block } })) return;
          call.end();
        };
        call.on("drain", send);
        send();
      }),
  },
  kind,
  Number(server),
);
