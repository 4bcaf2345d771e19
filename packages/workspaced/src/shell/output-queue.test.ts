import { expect, test } from "vitest";
import { createOutputQueue } from "./output-queue.ts";

const create = () => {
  const events: string[] = [];
  const queue = createOutputQueue({
    onFull: () => events.push("full"),
    onRoom: () => events.push("room"),
    highWater: 100,
    lowWater: 50,
  });
  return { queue, events };
};
const bytes = (length: number, value = 1) => new Uint8Array(length).fill(value);

test("what queued up leaves together, up to the frame size", async () => {
  const { queue } = create();
  for (const size of [10, 20, 30, 25]) queue.push(bytes(size));
  expect((await queue.take(64))?.length).toBe(64);
  expect((await queue.take(64))?.length).toBe(21);
});

test("a piece larger than a frame leaves in several", async () => {
  const { queue } = create();
  queue.push(bytes(70));
  queue.end();
  expect((await queue.take(32))?.length).toBe(32);
  expect((await queue.take(32))?.length).toBe(32);
  expect((await queue.take(32))?.length).toBe(6);
  expect(await queue.take(32)).toBeUndefined();
});

test("a waiting client gets the next piece at once", async () => {
  const { queue } = create();
  const next = queue.take(32);
  queue.push(bytes(1));
  expect((await next)?.length).toBe(1);
});

test("the producer is held back at the high mark and let go below the low one", async () => {
  const { queue, events } = create();
  queue.push(bytes(60));
  queue.push(bytes(60));
  expect(events).toEqual(["full"]);
  await queue.take(60);
  expect(events).toEqual(["full"]);
  await queue.take(60);
  expect(events).toEqual(["full", "room"]);
});

test("an abandoned queue drops what it holds, ends its client's wait and lets the producer go", async () => {
  const { queue, events } = create();
  queue.push(bytes(200));
  queue.abandon();
  expect(events).toEqual(["full", "room"]);
  expect(await queue.take(32)).toBeUndefined();
});

test("what follows at once is gathered, and comes out in order however it is taken", async () => {
  const { queue } = create();
  const sent: number[] = [];
  const got: number[] = [];
  let pieces = 0;
  const reading = (async () => {
    for (let piece = await queue.take(40); piece; piece = await queue.take(40)) {
      pieces += 1;
      got.push(...piece);
    }
  })();
  for (let index = 0; index < 50; index += 1) {
    const chunk = new Uint8Array(1 + (index % 7));
    for (let at = 0; at < chunk.length; at += 1) chunk[at] = (sent.length + at) % 251;
    sent.push(...chunk);
    queue.push(chunk);
    await Promise.resolve();
  }
  queue.end();
  await reading;
  expect(got).toEqual(sent);
  expect(pieces).toBeLessThan(20);
});

test("a piece stays as it is until the next one is taken, whatever is pushed meanwhile", async () => {
  const queue = createOutputQueue({ onFull: () => {}, onRoom: () => {} });
  let pushed = 0;
  let taken = 0;
  const push = (length: number) => {
    const chunk = new Uint8Array(length);
    for (let at = 0; at < length; at += 1) chunk[at] = (pushed + at) % 251;
    pushed += length;
    queue.push(chunk);
  };
  push(5_000);
  for (let turn = 0; turn < 60; turn += 1) {
    const piece = (await queue.take(6_000)) ?? new Uint8Array(0);
    // More than is taken, and less, so that the queue grows, wraps around and falls empty.
    for (let count = 0; count < turn % 6; count += 1) push(1_000 + 977 * count);
    expect([...piece].every((byte, at) => byte === (taken + at) % 251)).toBe(true);
    taken += piece.length;
    if (taken === pushed) push(4_000);
  }
  queue.end();
  for (let piece = await queue.take(6_000); piece; piece = await queue.take(6_000)) {
    expect([...piece].every((byte, at) => byte === (taken + at) % 251)).toBe(true);
    taken += piece.length;
  }
  expect(taken).toBe(pushed);
});
