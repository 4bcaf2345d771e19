import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { closeLingering } from "./lingering-close.ts";

const open: Array<() => void> = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** Both ends of a connection. */
const pair = async (): Promise<{ server: Socket; client: Socket }> => {
  const listener = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const accepted = once(listener, "connection");
  const client = connect((listener.address() as AddressInfo).port, "127.0.0.1");
  const [server] = (await accepted) as [Socket];
  client.on("error", () => {});
  server.on("error", () => {});
  open.push(() => {
    client.destroy();
    server.destroy();
    listener.close();
  });
  return { server, client };
};

/** Sends pieces for as long as the connection takes them, without reading anything. */
const sendForEver = async (client: Socket): Promise<void> => {
  while (!client.destroyed) {
    client.write(Buffer.alloc(1024));
    await sleep(5);
  }
};

test("a client that goes on sending gets the answer, and then the end", async () => {
  const { server, client } = await pair();
  const closed = once(server, "close");
  client.write(Buffer.alloc(1 << 20));
  server.write("answer");
  closeLingering(server);
  for (let piece = 0; piece < 50; piece++) {
    client.write(Buffer.alloc(1 << 16));
    await sleep(1);
  }
  let read = "";
  client.on("data", (data) => {
    read += data;
  });
  await once(client, "end");
  expect(read).toBe("answer");
  await closed;
});

test("a client that never ends is cut", async () => {
  const { server, client } = await pair();
  const closed = once(server, "close");
  closeLingering(server, { idleMs: 60_000, totalMs: 100 });
  void sendForEver(client);
  await closed;
});

test("a client that says nothing more and does not close is cut", async () => {
  const { server } = await pair();
  const closed = once(server, "close");
  closeLingering(server, { idleMs: 100, totalMs: 60_000 });
  await closed;
});

test("a client that fetches the answer late gets all of it", async () => {
  const { server, client } = await pair();
  const size = 32 << 20;
  client.pause();
  server.write(Buffer.alloc(size));
  closeLingering(server, { idleMs: 20, totalMs: 60_000 });
  // Longer than it may be silent when the answer has been sent.
  await sleep(200);
  let read = 0;
  for await (const data of client) read += data.length;
  expect(read).toBe(size);
});
