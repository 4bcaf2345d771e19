// The server of this project: prints its address.
import { SshService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { register, startGrpcServer } from "@k8shell/rpc";
import { blockBytes, windowBytes } from "./load.ts";

const block = new Uint8Array(blockBytes);
const server = await startGrpcServer({
  address: "127.0.0.1:0",
  flowControlWindow: windowBytes,
  services: [
    register(SshService, {
      getCWD: ({ shellId }) => ({ path: shellId }),
      async *portForward(requests) {
        for await (const { request } of requests) {
          // A destination asks for a download; anything else is an upload, which is read to its end.
          if (request.case === "destination") for (;;) yield { data: block };
        }
      },
    }),
  ],
});
console.log(server.address);
