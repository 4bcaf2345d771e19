import { createHash, randomFillSync } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLentWriter } from "./lent-writer.ts";

const server = createServer();
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => void server.close());

/** Both ends of a connection. */
const connected = async (): Promise<{ near: Socket; far: Socket }> => {
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const near = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [far] = await accepted;
  return { near, far };
};
const text = async (socket: Socket): Promise<string> => {
  let all = "";
  for await (const chunk of socket.setEncoding("latin1")) all += chunk;
  return all;
};

test("bytes may change as soon as they are written, however slow the reader is", async () => {
  const { near, far } = await connected();
  const writer = createLentWriter(near);
  const written = createHash("sha256");
  const read = createHash("sha256");
  let held = 0;
  const reading = (async () => {
    for await (const chunk of far) {
      read.update(chunk);
      await new Promise(setImmediate);
    }
  })();
  const lent = Buffer.alloc(200_000);
  for (let turn = 0; turn < 200; turn += 1) {
    const length = [7, 3_000, 65_536, 65_537, 200_000][turn % 5] ?? 1;
    const bytes = randomFillSync(lent.subarray(0, length));
    written.update(bytes);
    const room = writer.write(bytes);
    lent.fill(0);
    if (room) continue;
    held += 1;
    expect(near.writableLength).toBeLessThan((256 << 10) + lent.length + (64 << 10));
    await once(near, "drain");
  }
  writer.flush();
  near.end();
  await reading;
  expect(read.digest("hex")).toBe(written.digest("hex"));
  expect(held).toBeGreaterThan(0);
});

test("what is written to the socket itself comes behind what was flushed", async () => {
  const { near, far } = await connected();
  const writer = createLentWriter(near);
  const lent = Buffer.from("one ");
  writer.write(lent);
  lent.write("two ");
  writer.write(lent);
  writer.flush();
  near.write("three ");
  lent.write("four");
  writer.write(lent);
  writer.flush();
  near.end();
  expect(await text(far)).toBe("one two three four");
});

test("a connection that breaks takes nothing more, and nothing is thrown", async () => {
  const { near, far } = await connected();
  far.on("error", () => {});
  const writer = createLentWriter(near);
  writer.write(Buffer.from("lost"));
  near.destroy();
  writer.write(Buffer.from("lost too"));
  await once(near, "close");
  expect(await text(far)).toBe("");
});
