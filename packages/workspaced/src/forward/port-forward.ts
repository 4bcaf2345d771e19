import { connect, type Socket } from "node:net";
import type {
  Destination,
  PortForwardRequest,
  SshService,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { type CallContext, Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import { onCancel } from "../process/request-stream.ts";
import { bridgeSocket } from "./socket-bridge.ts";

/** Milliseconds a target may take to accept a connection. */
const dialTimeoutMs = 10_000;

/**
 * Connects a socket.
 * @param what names the target in the error
 * @throws RpcError Unavailable when it does not connect in time, Canceled when the call ends first
 */
export const dial = (open: () => Socket, what: string, context: CallContext): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = open();
    const settle = (error?: RpcError) => {
      clearTimeout(timer);
      stopListening();
      socket.off("connect", connected);
      socket.off("error", failed);
      if (error === undefined) return resolve(socket);
      socket.on("error", () => {});
      socket.destroy();
      reject(error);
    };
    const connected = () => settle();
    const failed = (cause: Error) => {
      const code = "code" in cause ? String(cause.code) : "error";
      settle(new RpcError(Code.Unavailable, `cannot connect to ${what}: ${code}`, { cause }));
    };
    let stopListening = () => {};
    const timer = setTimeout(
      () => settle(new RpcError(Code.Unavailable, `cannot connect to ${what}: timed out`)),
      dialTimeoutMs,
    );
    socket.on("connect", connected);
    socket.on("error", failed);
    stopListening = onCancel(context, () => settle(new RpcError(Code.Canceled, "call canceled")));
  });

const readDestination = async (requests: AsyncIterator<PortForwardRequest>): Promise<Destination> => {
  const first = await requests.next();
  if (first.done || first.value.request.case !== "destination") {
    throw new RpcError(Code.InvalidArgument, "the first message must be destination");
  }
  const destination = first.value.request.value;
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
