import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type BareClient, status } from "../bare/client.ts";
import { connect, ssh } from "../bare/daemon.ts";
import { eventually } from "../fixture.ts";

// What a client that knows nothing but the contract sees: field numbers, metadata, status codes.

const listen = async (onConnection: Parameters<typeof createServer>[1]) => {
  const server = createServer({ allowHalfOpen: true }, onConnection);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
};
const forward = (bare: BareClient, host: string, port: number) => {
  const call = bare.stream(ssh("PortForward"), { "portforward-id": "pf-1" });
  call.write([
    [
      1,
      [
        [1, host],
        [2, port],
      ],
    ],
  ]);
  return call;
};

test("a forward is silent until the target speaks, its id need not be unique, and the target's end ends it with OK", async () => {
  const { bare } = await connect();
  const port = await listen((socket) => {
    socket.on("data", (data) => socket.end(`echo ${data}`));
  });
  const calls = [forward(bare, "localhost", port), forward(bare, "127.0.0.1", port)];
  for (const call of calls) {
    call.write([[2, "x"]]);
    expect((await call.ended).code).toBe(status.OK);
    expect(call.frames.flatMap((frame) => frame.numbers)).toEqual([1]);
    expect(call.output(1).toString()).toBe("echo x");
  }
});

test("a forward to nobody is UNAVAILABLE at once", async () => {
  const { bare } = await connect();
  expect((await forward(bare, "localhost", 1).ended).code).toBe(status.UNAVAILABLE);
  expect((await forward(bare, "no-such-host.invalid", 80).ended).code).toBe(status.UNAVAILABLE);
});

test("a forward has no half-close: the client's end closes the whole of it", async () => {
  const { bare } = await connect();
  let received = "";
  const port = await listen((socket) => {
    // Does not answer the other side's end with its own.
    socket.on("data", (data) => {
      received += data;
    });
    socket.on("error", () => {});
    socket.write("hello");
  });
  const call = forward(bare, "localhost", port);
  await call.until(() => call.output(1).includes("hello"));
  call.write([[2, "last words"]]);
  call.end();
  expect((await call.ended).code).toBe(status.OK);
  await eventually(() => received === "last words");
});

test("LISTEN is mode 0, which is not written: such a socket can be dialled with mode 1", async () => {
  const { bare, directory } = await connect();
  const path = join(directory, "agent.sock");
  const listener = bare.stream(ssh("UnixSocket"), { "unixsocket-id": "ux-1" });
  listener.write([[1, [[2, path]]]]);
  await eventually(() => existsSync(path));
  const dialler = bare.stream(ssh("UnixSocket"), { "unixsocket-id": "ux-2" });
  dialler.write([
    [
      1,
      [
        [1, 1],
        [2, path],
      ],
    ],
  ]);
  dialler.write([[2, "question"]]);
  await listener.until(() => listener.output(1).toString() === "question");
  listener.write([[2, "answer"]]);
  await dialler.until(() => dialler.output(1).toString() === "answer");
  listener.end();
  expect((await listener.ended).code).toBe(status.OK);
  expect((await dialler.ended).code).toBe(status.OK);
});
