import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createClient } from "../src/index.ts";
import { listenAndForward } from "../src/node/index.ts";
import { type Platform, startPlatform } from "./platform.ts";

let platform: Platform;
let port: number;
beforeAll(async () => {
  platform = await startPlatform();
  const { server: gateway, workspace } = platform;
  // Answers with the number of bytes it got, once there are no more.
  const server =
    "import socketserver\n" +
    "class H(socketserver.StreamRequestHandler):\n" +
    "  def handle(self): self.wfile.write(b'%d' % len(self.rfile.read()))\n" +
    "class S(socketserver.ThreadingTCPServer): daemon_threads = True\n" +
    "s = S(('127.0.0.1', 0), H); print(s.server_address[1], flush=True); s.serve_forever()\n";
  // Not through the network that is cut: that would end it.
  const direct = createClient({ server: gateway.url, token: await gateway.adminToken() });
  const command = await direct.exec(workspace, ["python3", "-c", server]);
  let printed = "";
  for await (const { data } of command) {
    printed += Buffer.from(data).toString();
    if (printed.endsWith("\n")) break;
  }
  port = Number(printed);
});
afterAll(() => platform.close());

test("a port of a workspace is a pair of streams", async () => {
  const { client, workspace } = platform;
  const connection = await client.forward(workspace, port);
  const writer = connection.writable.getWriter();
  for (let i = 0; i < 100; i += 1) await writer.write(new Uint8Array(100_000));
  await writer.close();
  expect(await new Response(connection.readable).text()).toBe("10000000");
  await connection.closed;
});

test("a port where nothing listens, an abort and a lost connection are told apart", async () => {
  const { client, workspace, proxy } = platform;
  const nothing = await client.forward(workspace, 1);
  await expect(nothing.closed).rejects.toMatchObject({ code: "port_unreachable" });
  await expect(nothing.readable.getReader().read()).rejects.toMatchObject({ code: "port_unreachable" });
  const abort = new AbortController();
  const aborted = await client.forward(workspace, port, { signal: abort.signal });
  abort.abort(new Error("enough"));
  await expect(aborted.closed).rejects.toThrow("enough");
  const lost = await client.forward(workspace, port);
  proxy.cut();
  await expect(lost.closed).rejects.toMatchObject({ code: "network_error" });
  await expect(client.forward("nobody-0000000", port)).rejects.toMatchObject({ status: 404 });
});

test("a signal that aborts while the connection or the local port is being made ends it", async () => {
  const { server, workspace, client } = platform;
  const early = new AbortController();
  const aborting = createClient({
    server: server.url,
    token() {
      early.abort(new Error("enough"));
      return server.adminToken();
    },
  });
  await expect(aborting.forward(workspace, port, { signal: early.signal })).rejects.toThrow("enough");
  const abort = new AbortController();
  const listening = listenAndForward(client, { workspace, port, signal: abort.signal });
  abort.abort(new Error("enough"));
  await expect(listening).rejects.toThrow("enough");
});

test("a local connection that is lost before the workspace's is made ends that one too", async () => {
  const asked = Promise.withResolvers<void>();
  const lost = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const listening = await listenAndForward(
    {
      async forward() {
        asked.resolve();
        await lost.promise;
        return {
          readable: new ReadableStream(),
          writable: new WritableStream(),
          closed: closed.promise,
          close: closed.resolve,
        };
      },
    },
    { workspace: "any", port: 1 },
  );
  onTestFinished(() => listening.close());
  const socket = connect(listening.port, "127.0.0.1");
  await asked.promise;
  socket.resetAndDestroy();
  setTimeout(lost.resolve, 100);
  await closed.promise;
});

test("a port of a workspace is a port of this machine, for several connections at once", async () => {
  const { client, workspace } = platform;
  const errors: unknown[] = [];
  const listening = await listenAndForward(client, {
    workspace,
    port,
    onError: (error) => errors.push(error),
  });
  onTestFinished(() => listening.close());
  const ask = async (size: number) => {
    const socket = connect({ port: listening.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.end(Buffer.alloc(size));
    return text(socket);
  };
  expect(await Promise.all([ask(1), ask(300_000), ask(5_000_000)])).toEqual(["1", "300000", "5000000"]);
  expect(errors).toEqual([]);
  await expect(
    listenAndForward(client, { workspace, port, localPort: listening.port }),
  ).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
  const dead = await listenAndForward(client, { workspace, port: 1, onError: (error) => errors.push(error) });
  onTestFinished(() => dead.close());
  const socket = connect(dead.port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "close");
  expect(errors).toMatchObject([{ code: "port_unreachable" }]);
});
