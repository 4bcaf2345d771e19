import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Client } from "../client.ts";

export interface ListenOptions {
  readonly workspace: string;
  /** Port in the workspace. */
  readonly port: number;
  /** Port on this machine (default: a free one). */
  readonly localPort?: number;
  /** Address on this machine (default 127.0.0.1). */
  readonly host?: string;
  /** Ends it with all its connections. */
  readonly signal?: AbortSignal;
  /** Told of each connection that could not be made or was lost. */
  readonly onError?: (error: unknown) => void;
}

/** A port of this machine that leads into a workspace. */
export interface ListeningForward {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

const send = async (socket: Socket, writable: WritableStream<Uint8Array>): Promise<void> => {
  const writer = writable.getWriter();
  // Its end ends this side only.
  for await (const data of socket.iterator({ destroyOnReturn: false })) await writer.write(data);
  await writer.close();
};
const receive = async (readable: ReadableStream<Uint8Array>, socket: Socket): Promise<void> => {
  for await (const data of readable) if (!socket.write(data)) await once(socket, "drain");
  socket.end();
};

/**
 * Makes a port of a workspace a port of this machine, for any number of connections.
 * @throws the error of the system when the local port cannot be had, e.g. `EADDRINUSE`; the signal's reason when it aborts before
 */
export const listenAndForward = async (
  client: Pick<Client, "forward">,
  { workspace, port, localPort = 0, host = "127.0.0.1", signal, onError }: ListenOptions,
): Promise<ListeningForward> => {
  signal?.throwIfAborted();
  const ending = new AbortController();
  const sockets = new Set<Socket>();
  const serve = async (socket: Socket) => {
    const remote = await client.forward(workspace, port, { signal: ending.signal });
    // A connection that is lost on this side is lost on the other.
    if (socket.destroyed) return remote.close();
    socket.on("close", remote.close);
    await Promise.all([send(socket, remote.writable), receive(remote.readable, socket)]);
    await remote.closed;
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    serve(socket).catch((error: unknown) => {
      socket.destroy();
      if (!ending.signal.aborted) onError?.(error);
    });
  });
  server.listen(localPort, host);
  await once(server, "listening");
  const local = (server.address() as AddressInfo).port;
  const close = async () => {
    signal?.removeEventListener("abort", end);
    ending.abort(new Error("the port is no longer forwarded"));
    for (const socket of sockets) socket.destroy();
    if (!server.listening) return;
    server.close();
    await once(server, "close");
  };
  const end = () => void close();
  signal?.addEventListener("abort", end, { once: true });
  if (signal?.aborted) {
    await close();
    signal.throwIfAborted();
  }
  return { host, port: local, close };
};
