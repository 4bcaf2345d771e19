import { connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { afterOwnTime } from "./own-time.ts";

/** Keeps this process from doing anything, as a machine with too much to do does. */
const stand = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

const startEcho = async (): Promise<Socket> => {
  const server = createServer((peer) => void peer.pipe(peer));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as { port: number };
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => {
    socket.destroy();
    server.close();
  });
  await new Promise((connected) => socket.once("connect", connected));
  return socket;
};

test("what comes over several connections while this process stands is read before the time is over", async () => {
  const socket = await startEcho();
  const events: string[] = [];
  const over = Promise.withResolvers<void>();
  socket.on("data", (bytes) => events.push(String(bytes)));
  afterOwnTime(100, () => {
    events.push("over");
    over.resolve();
  });
  socket.write("echo");
  stand(500);
  await over.promise;
  expect(events).toEqual(["echo", "over"]);
});

test("what is stopped does not come, in whatever phase", async () => {
  const calls: string[] = [];
  afterOwnTime(0, () => calls.push("at once"))();
  const late = afterOwnTime(10, () => calls.push("late"));
  stand(100);
  const last = Promise.withResolvers<void>();
  // Behind the timer that found itself late, before the one that waits for what is read.
  setTimeout(() => {
    late();
    last.resolve();
  }, 0);
  await last.promise;
  await new Promise<void>((resolve) => void afterOwnTime(400, resolve));
  expect(calls).toEqual([]);
});
