import { connect } from "node:net";
import type {
  Destination,
  PortForwardRequest,
  SshService,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import { dial } from "./dial.ts";
import { bridgeSocket } from "./socket-bridge.ts";

const readDestination = async (requests: AsyncIterator<PortForwardRequest>): Promise<Destination> => {
  const first = await requests.next();
  return destinationOf(first.done ? undefined : first.value);
};

/** @throws RpcError InvalidArgument when it is not the message that a forward begins with */
export const destinationOf = (first: PortForwardRequest | undefined): Destination => {
  if (first?.request.case !== "destination") {
    throw new RpcError(Code.InvalidArgument, "the first message must be destination");
  }
  const destination = first.request.value;
  const { ip, port } = destination;
  if (ip === "" || ip.length > 253 || port < 1 || port > 65535) {
    throw new RpcError(Code.InvalidArgument, "the destination needs a host and a port of 1 to 65535");
  }
  return destination;
};

/** SshService.PortForward: one TCP connection from inside the workspace. Success is silence. */
export const createPortForwardMethod = (): Pick<ServiceImpl<typeof SshService>, "portForward"> => ({
  async *portForward(requests, context) {
    const input = requests[Symbol.asyncIterator]();
    const { ip, port } = await readDestination(input);
    const socket = await dial(() => connect({ host: ip, port, noDelay: true }), `port ${port}`, context);
    const output = bridgeSocket({
      socket,
      requests: input,
      context,
      bytes: ({ request }) => (request.case === "data" ? request.value : undefined),
    });
    for await (const data of output) yield { data };
  },
});
