import { expect, test } from "vitest";
import { createFrameQueue } from "./frame-queue.ts";

const all = async (frames: AsyncIterable<string>) => {
  const taken: string[] = [];
  for await (const frame of frames) taken.push(frame);
  return taken;
};

test("a queue without room drops what comes, and says how much as soon as there is room", async () => {
  const queue = createFrameQueue((bytes) => `lost ${bytes}`, 4);
  for (const frame of ["a", "b", "c", "d", "e"]) queue.push(frame, 10);
  const frames = queue.frames[Symbol.asyncIterator]();
  expect((await frames.next()).value).toBe("a");
  expect((await frames.next()).value).toBe("b");
  queue.push("f", 10);
  queue.close();
  queue.push("late", 10);
  expect(await all({ [Symbol.asyncIterator]: () => frames })).toEqual(["c", "lost 20", "f"]);
});

test("what was dropped at the end is said too", async () => {
  const queue = createFrameQueue((bytes) => `lost ${bytes}`, 2);
  queue.push("a", 1);
  queue.push("b", 7);
  queue.close();
  expect(await all(queue.frames)).toEqual(["a", "lost 7"]);
});

test("a reader that waits gets a frame when it comes", async () => {
  const queue = createFrameQueue((bytes) => `lost ${bytes}`);
  const taken = all(queue.frames);
  await new Promise((resolve) => setImmediate(resolve));
  queue.push("a", 1);
  await new Promise((resolve) => setImmediate(resolve));
  queue.close();
  expect(await taken).toEqual(["a"]);
});
