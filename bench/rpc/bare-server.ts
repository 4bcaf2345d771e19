// Bare @grpc/grpc-js with the same codec, options and behaviour as ours-server.ts: prints its address.

import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
} from "@grpc/grpc-js";
import type {
  PortForwardRequest,
  PortForwardResponse,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { definition } from "./bare-codec.ts";
import { blockBytes, windowBytes } from "./load.ts";

const block = new Uint8Array(blockBytes);
const server = new Server({
  "grpc-node.flow_control_window": windowBytes,
  "grpc.max_receive_message_length": 32 * 1024 * 1024,
  "grpc.enable_channelz": 0,
});
server.addService(definition, {
  GetCWD(
    call: ServerUnaryCall<{ shellId: string }, { path: string }>,
    respond: sendUnaryData<{ path: string }>,
  ) {
    respond(null, { path: call.request.shellId });
  },
  PortForward(call: ServerDuplexStream<PortForwardRequest, Partial<PortForwardResponse>>) {
    const send = () => {
      while (!call.cancelled && call.write({ data: block }));
    };
    call.on("data", ({ request }: PortForwardRequest) => {
      if (request.case !== "destination") return;
      downloading = true;
      call.on("drain", send);
      send();
    });
    let downloading = false;
    call.on("end", () => {
      if (!downloading) call.end();
    });
    call.on("error", () => undefined);
  },
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`127.0.0.1:${port}`);
});
