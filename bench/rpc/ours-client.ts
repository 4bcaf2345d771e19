// The client of this project: `ours-client.ts ADDRESS unary|download|upload SERVER_PID` prints what it measured.
import { SshService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { grpcChannel } from "@k8shell/rpc";
import { blockBytes, report, windowBytes } from "./load.ts";

const [address = "", kind = "", server = ""] = process.argv.slice(2);
const client = grpcChannel({ address, flowControlWindow: windowBytes }).client(SshService);
const block = new Uint8Array(blockBytes);
const destination = { request: { case: "destination" as const, value: { ip: "127.0.0.1", port: 1 } } };

await report(
  {
    async unary() {
      await client.getCWD({ shellId: "/home/alice/project" });
    },
    async download(received) {
      async function* requests() {
        yield destination;
      }
      for await (const { data } of client.portForward(requests())) {
        if (data.length !== blockBytes) throw new Error("not a block");
        if (!received()) break;
      }
    },
    async upload(next) {
      async function* requests() {
        while (next()) yield { request: { case: "data" as const, value: block } };
      }
      for await (const _ of client.portForward(requests()));
    },
  },
  kind,
  Number(server),
);
