import { Duplex } from "node:stream";
import { connect } from "node:tls";
import { Code, RpcError } from "@k8shell/rpc";
import type { ForwardEvents, ForwardStream, OpenForward } from "../backends/port-forward.ts";

/** A forwarded connection as a stream, which `node:tls` needs. */
const duplexOver = (
  open: OpenForward,
  target: { host: string; port: number },
  lost: (e: RpcError) => void,
) => {
  let drained: (() => void) | undefined;
  const stream = open(target, {
    onData(bytes) {
      if (!duplex.push(Buffer.from(bytes))) stream.pause();
    },
    onDrain() {
      drained?.();
      drained = undefined;
    },
    onClose(error) {
      if (error) lost(error);
      duplex.push(null);
    },
  });
  const duplex: Duplex = new Duplex({
    read: () => stream.resume(),
    write(chunk: Buffer, _encoding, done) {
      if (stream.write(chunk)) done();
      else drained = done;
    },
    destroy(error, done) {
      stream.destroy();
      done(error);
    },
  });
  return duplex;
};

/**
 * Speaks TLS to an app inside the workspace. Its certificate is not verified: the bytes have not left the workspace, and
 * what such apps have is self-signed.
 */
export const createTlsOpener =
  (open: OpenForward): OpenForward =>
  (target, { onData, onDrain, onClose }: ForwardEvents): ForwardStream => {
    let failure: RpcError | undefined;
    let over = false;
    const inner = duplexOver(open, target, (error) => {
      failure = error;
    });
    const socket = connect({
      socket: inner,
      servername: "localhost",
      rejectUnauthorized: false,
      ALPNProtocols: ["http/1.1"],
    });
    const finish = (error: RpcError | undefined) => {
      if (over) return;
      over = true;
      socket.destroy();
      onClose(error);
    };
    socket.on("data", onData);
    socket.on("drain", onDrain);
    socket.on("end", () => finish(failure));
    socket.on("close", () => finish(failure));
    socket.on("error", (cause: Error) =>
      finish(failure ?? new RpcError(Code.Unavailable, "the app does not speak TLS", { cause })),
    );
    return {
      write: (bytes) => over || socket.write(bytes),
      pause: () => void socket.pause(),
      resume: () => void socket.resume(),
      end: () => void socket.end(),
      destroy() {
        over = true;
        socket.destroy();
      },
    };
  };
