import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { createClientSide } from "./client-side.ts";

test("a client that takes its time still gets all of what was written before the end", async () => {
  const listener = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const accepted = once(listener, "connection");
  const reader = connect((listener.address() as AddressInfo).port, "127.0.0.1").pause();
  const [socket] = (await accepted) as [Socket];
  try {
    const client = createClientSide(socket);
    // More than the system keeps for a connection, so that some of it waits here.
    const size = 32 << 20;
    client.write(Buffer.alloc(size));
    client.end();
    // Longer than a network may be away for, on the way from one cell of a mobile network to another.
    await pause(1_500);
    let read = 0;
    for await (const bytes of reader) read += bytes.length;
    expect(read).toBe(size);
  } finally {
    socket.destroy();
    reader.destroy();
    listener.close();
  }
});
