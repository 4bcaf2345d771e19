import type { Socket } from "node:net";
import { type CallContext, Code, RpcError } from "@k8shell/rpc";
import { onCancel } from "../calls/request-stream.ts";

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
