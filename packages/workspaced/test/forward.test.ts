import { existsSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createConnection, createServer, type Server } from "node:net";
import { join } from "node:path";
import { SshService, UnixSocketMode } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { createPipe, methodPath, type RpcError } from "@k8shell/rpc";
import { expect, onTestFinished, test } from "vitest";
import { eventually, failure, startDaemon, startGrpcDaemon } from "./fixture.ts";

type Ssh = Awaited<ReturnType<typeof startDaemon>>["ssh"];
type Input<K extends "portForward" | "unixSocket"> =
  Parameters<Ssh[K]>[0] extends AsyncIterable<infer T> ? T : never;

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
};

const forward = (ssh: Ssh, port: number, ip = "localhost", signal?: AbortSignal) => {
  const requests = createPipe<Input<"portForward">>();
  void requests.write({ request: { case: "destination", value: { ip, port } } });
  const responses = ssh.portForward(requests, { metadata: { "portforward-id": "pf-1" }, signal });
  return {
    send: (data: string | Uint8Array) =>
      requests.write({ request: { case: "data", value: Buffer.from(data) } }),
    end: () => requests.end(),
    responses,
    async all() {
      const parts: Uint8Array[] = [];
      for await (const { data } of responses) {
        expect(data.length).toBeLessThanOrEqual(32768);
        parts.push(data);
      }
      return Buffer.concat(parts);
    },
  };
};

test("HTTP goes through a forward, large answers in frames of at most 32 KiB", async () => {
  const { ssh } = await startDaemon();
  const body = Buffer.alloc(5_000_000, "k8shell ");
  const port = await listening(
    createHttpServer((request, response) => {
      response.end(request.url === "/big" ? body : "small");
    }),
  );
  const call = forward(ssh, port);
  await call.send("GET /big HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const answer = await call.all();
  expect(answer.subarray(0, 15).toString()).toBe("HTTP/1.1 200 OK");
  expect(answer.subarray(-body.length).equals(body)).toBe(true);
});

test("a target that does not answer is Unavailable, a destination that is none InvalidArgument", async () => {
  const { ssh } = await startDaemon();
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  expect(await failure(forward(ssh, port).all())).toBe("Unavailable");
  expect(await failure(forward(ssh, 80, "no-such-host.invalid").all())).toBe("Unavailable");
  expect(await failure(forward(ssh, 0).all())).toBe("InvalidArgument");
  expect(await failure(forward(ssh, 80, "").all())).toBe("InvalidArgument");
});

test("the client's end of requests closes the whole forward, after what it sent was written", async () => {
  const { ssh } = await startDaemon();
  let received = 0;
  let closed = false;
  const port = await listening(
    createServer((socket) => {
      socket.on("data", (data) => {
        received += data.length;
      });
      socket.on("error", () => {});
      socket.on("close", () => {
        closed = true;
      });
    }),
  );
  const call = forward(ssh, port);
  for (let count = 0; count < 64; count += 1) await call.send(Buffer.alloc(32768));
  call.end();
  expect(await call.all()).toHaveLength(0);
  await eventually(() => closed);
  expect(received).toBe(64 * 32768);
});

test("cancelling closes the connection to the target", async () => {
  const { ssh } = await startDaemon();
  let open = 0;
  const port = await listening(
    createServer((socket) => {
      open += 1;
      socket.on("error", () => {});
      socket.on("close", () => {
        open -= 1;
      });
    }),
  );
  const abort = new AbortController();
  const outcome = failure(forward(ssh, port, "localhost", abort.signal).all());
  await eventually(() => open === 1);
  abort.abort();
  expect(await outcome).toBe("Canceled");
  await eventually(() => open === 0);
});

test("a client that does not read holds the target back", async () => {
  const { ssh } = await startDaemon();
  let sent = 0;
  const port = await listening(
    createServer((socket) => {
      const chunk = Buffer.alloc(65536);
      const more = () => {
        while (sent < 400_000_000) {
          sent += chunk.length;
          if (!socket.write(chunk)) return;
        }
        socket.end();
      };
      socket.on("drain", more);
      socket.on("error", () => {});
      more();
    }),
  );
  const abort = new AbortController();
  const call = forward(ssh, port, "localhost", abort.signal);
  const reader = call.responses[Symbol.asyncIterator]();
  await reader.next();
  let before = -1;
  await eventually(async () => {
    const steady = before === sent;
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return steady;
  });
  expect(sent).toBeLessThan(64_000_000);
  abort.abort();
});

const unixSocket = (ssh: Ssh, mode: UnixSocketMode, socketPath: string) => {
  const requests = createPipe<Input<"unixSocket">>();
  void requests.write({ request: { case: "startRequest", value: { mode, socketPath } } });
  const responses = ssh.unixSocket(requests, { metadata: { "unixsocket-id": "ux-1" } });
  return {
    send: (data: string) => requests.write({ request: { case: "data", value: Buffer.from(data) } }),
    end: () => requests.end(),
    responses: responses[Symbol.asyncIterator](),
  };
};

const readText = async (reader: AsyncIterator<{ data: Uint8Array }>): Promise<string | undefined> => {
  const next = await reader.next();
  return next.done ? undefined : Buffer.from(next.value.data).toString();
};

test("a unix socket can be dialled", async () => {
  const { ssh, directory } = await startDaemon();
  const path = join(directory, "echo.sock");
  const server = createServer((socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    server.close();
  });
  const call = unixSocket(ssh, UnixSocketMode.DIAL, path);
  await call.send("ping");
  expect(await readText(call.responses)).toBe("ping");
  call.end();
  expect(await readText(call.responses)).toBeUndefined();
  const missing = unixSocket(ssh, UnixSocketMode.DIAL, join(directory, "none"));
  expect(await failure(missing.responses.next())).toBe("Unavailable");
  expect(await failure(unixSocket(ssh, UnixSocketMode.DIAL, "relative").responses.next())).toBe(
    "InvalidArgument",
  );
});

test("a listening unix socket serves its connections one after the other, and goes with its client", async () => {
  const { ssh, directory } = await startDaemon();
  const path = join(directory, "agent", "agent.sock");
  const call = unixSocket(ssh, UnixSocketMode.LISTEN, path);
  const first = call.responses.next();
  await eventually(() => existsSync(path));
  const ask = (question: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = createConnection(path);
      socket.on("error", reject);
      socket.on("data", (data) => {
        resolve(data.toString());
        socket.end();
      });
      socket.write(question);
    });
  const answer = ask("who?");
  expect(Buffer.from((await first).value.data).toString()).toBe("who?");
  const second = ask("and?");
  await call.send("alice");
  expect(await answer).toBe("alice");
  expect(await readText(call.responses)).toBe("and?");
  await call.send("bob");
  expect(await second).toBe("bob");
  call.end();
  expect(await readText(call.responses)).toBeUndefined();
  await eventually(() => !existsSync(path));
});

test("much data reaches a connection of a listening socket whole, and leaves no listeners behind", async () => {
  const warnings: Error[] = [];
  const remember = (warning: Error) => warnings.push(warning);
  process.on("warning", remember);
  onTestFinished(() => {
    process.off("warning", remember);
  });
  const { ssh, directory } = await startDaemon();
  const path = join(directory, "agent.sock");
  const call = unixSocket(ssh, UnixSocketMode.LISTEN, path);
  const asked = readText(call.responses);
  await eventually(() => existsSync(path));
  const socket = createConnection(path);
  let received = 0;
  socket.on("data", (data) => {
    received += data.length;
  });
  socket.write("who?");
  expect(await asked).toBe("who?");
  const block = "x".repeat(1 << 20);
  for (let count = 0; count < 20; count += 1) await call.send(block);
  await eventually(() => received === 20 << 20);
  expect(warnings).toEqual([]);
  socket.destroy();
  call.end();
});

test("a path that is taken by something else is left alone", async () => {
  const { ssh, directory } = await startDaemon();
  const call = unixSocket(ssh, UnixSocketMode.LISTEN, join(directory, "token"));
  expect(await failure(call.responses.next())).toBe("Unavailable");
  expect(existsSync(join(directory, "token"))).toBe(true);
});

test("a defect of a call of blocks is told to the log, and to the client only that there is one", async () => {
  const { channel, logs } = await startGrpcDaemon();
  for (const method of [SshService.method.exec, SshService.method.portForward]) {
    const ended = Promise.withResolvers<RpcError | undefined>();
    const blocks = method === SshService.method.exec ? channel.bulk : channel.blocks;
    blocks.open(
      // A field that is longer than its message.
      {
        path: methodPath(method),
        metadata: {},
        first: Buffer.of(0x0a, 9),
        requestTag: 0x12,
        responseTag: 0x0a,
      },
      { onBlock() {}, onDrain() {}, onEnd: ended.resolve },
    );
    expect(await ended.promise).toMatchObject({ status: "Internal", message: "internal error" });
  }
  expect(logs.filter((line) => line.includes("premature EOF"))).toHaveLength(2);
});
