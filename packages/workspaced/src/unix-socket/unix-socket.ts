import { chmod, lstat, mkdir, unlink } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname, isAbsolute } from "node:path";
import {
  type SshService,
  UnixSocketMode,
  type UnixSocketRequest,
  type UnixSocketStartRequest,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { type CallContext, Code, createPipe, RpcError, type ServiceImpl } from "@k8shell/rpc";
import { onCancel, readRequests } from "../calls/request-stream.ts";
import { dial } from "../forward/dial.ts";
import { bridgeSocket, written } from "../forward/socket-bridge.ts";

/** Longest path of a unix socket on Linux, bytes (unix(7)). */
const maxPath = 107;
/** Connections that may wait for their turn on a listening socket. */
const maxWaiting = 16;

const readStart = async (requests: AsyncIterator<UnixSocketRequest>): Promise<UnixSocketStartRequest> => {
  const first = await requests.next();
  if (first.done || first.value.request.case !== "startRequest") {
    throw new RpcError(Code.InvalidArgument, "the first message must be start_request");
  }
  const start = first.value.request.value;
  const { socketPath } = start;
  if (!isAbsolute(socketPath) || socketPath.includes("\0") || Buffer.byteLength(socketPath) > maxPath) {
    throw new RpcError(Code.InvalidArgument, `socketPath must be absolute and at most ${maxPath} bytes`);
  }
  return start;
};

const bytes = ({ request }: UnixSocketRequest) => (request.case === "data" ? request.value : undefined);

const listen = async (path: string, onConnection: (socket: Socket) => void): Promise<Server> => {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    // A socket left by a listener that died is in the way; anything else at that path is not ours to remove.
    if ((await lstat(path).catch(() => undefined))?.isSocket()) await unlink(path);
    const server = createServer(onConnection);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
    await chmod(path, 0o600);
    return server;
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "error";
    throw new RpcError(Code.Unavailable, `cannot listen on the socket: ${reason}`, { cause: error });
  }
};

/**
 * Serves the connections of a listening socket one after the other over one stream: the protocol has no way to tell
 * them apart, and the agents it is for answer one question at a time. Ends with the client's requests.
 */
const serveListener = async function* (
  path: string,
  requests: AsyncIterator<UnixSocketRequest>,
  context: CallContext,
): AsyncGenerator<Uint8Array> {
  const output = createPipe<Uint8Array>(4);
  const waiting: Socket[] = [];
  let current: Socket | undefined;
  let over = false;

  const next = () => {
    current = waiting.shift();
    if (current !== undefined) void copyOut(current);
  };
  const copyOut = async (socket: Socket) => {
    try {
      for await (const chunk of socket) if (!(await output.write(chunk))) break;
    } catch {
      // A broken connection ends like a closed one.
    }
    socket.destroy();
    if (!over) next();
  };
  const server = await listen(path, (socket) => {
    socket.on("error", () => {});
    if (over || waiting.length >= maxWaiting) {
      socket.destroy();
      return;
    }
    waiting.push(socket);
    if (current === undefined) next();
  });
  const stop = () => {
    if (over) return;
    over = true;
    for (const socket of [current, ...waiting]) socket?.destroy();
    server.close();
    output.end();
  };
  const stopListening = onCancel(context, stop);
  const pump = async () => {
    await readRequests(requests, context, async (request) => {
      const data = bytes(request);
      const target = current;
      if (data !== undefined && target !== undefined) await written(target, data);
      return !over;
    });
    stop();
  };
  void pump();
  try {
    yield* output;
  } finally {
    stopListening();
    stop();
  }
};

/** SshService.UnixSocket: connects to a socket in the workspace, or listens on one (agent forwarding). */
export const createUnixSocketMethod = (): Pick<ServiceImpl<typeof SshService>, "unixSocket"> => ({
  async *unixSocket(requests, context) {
    const input = requests[Symbol.asyncIterator]();
    const { mode, socketPath } = await readStart(input);
    let output: AsyncIterable<Uint8Array>;
    if (mode === UnixSocketMode.LISTEN) output = serveListener(socketPath, input, context);
    else {
      const socket = await dial(() => connect(socketPath), "the socket", context);
      output = bridgeSocket({ socket, requests: input, context, bytes });
    }
    for await (const data of output) yield { data };
  },
});
