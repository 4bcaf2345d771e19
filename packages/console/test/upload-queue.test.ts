import { expect, test } from "vitest";
import { createUploadQueue, type Sender } from "../src/files/upload-queue.ts";

/** A queue whose files arrive when that is said. */
const start = () => {
  const sending = new Map<string, { arrive(): void; signal: AbortSignal }>();
  const givenUp: string[] = [];
  const sender: Sender = {
    send: ({ path }, _, signal) =>
      new Promise((arrive, fail) => {
        sending.set(path, { arrive, signal });
        signal.addEventListener("abort", () => fail(signal.reason));
      }),
    isExisting: () => false,
    giveUp: ({ path }) => givenUp.push(path),
  };
  const queue = createUploadQueue(sender, () => {});
  return { queue, sending, givenUp, states: () => queue.list().map(({ name, state }) => `${name} ${state}`) };
};

const file = (name: string, lastModified = 1) => new File(["content"], name, { lastModified });
const left = {
  key: "k",
  workspace: "ws",
  path: "/home/a.bin",
  name: "a.bin",
  size: 7,
  modified: 1,
  replace: false,
  sent: 3,
};

test("one that was left goes on with the same file, and with no other", async () => {
  const { queue, sending, states } = start();
  queue.addLeft(left);
  const id = queue.list()[0]?.id ?? 0;
  expect(queue.choose(id, file("b.bin"))).toBe(false);
  expect(queue.choose(id, file("a.bin", 2))).toBe(false);
  expect(queue.choose(id, new File(["changed!"], "a.bin", { lastModified: 1 }))).toBe(false);
  expect(states()).toEqual(["a.bin left"]);
  expect(queue.choose(id, file("a.bin"))).toBe(true);
  expect(states()).toEqual(["a.bin sending"]);
  sending.get("/home/a.bin")?.arrive();
  await expect.poll(states).toEqual(["a.bin done"]);
});

test("one that was left goes on when its file is uploaded to the same place again", () => {
  const { queue, states } = start();
  queue.addLeft(left);
  queue.add("ws", "/home", [{ file: file("a.bin"), path: "a.bin" }]);
  expect(states()).toEqual(["a.bin sending"]);
  queue.add("ws", "/elsewhere", [{ file: file("a.bin"), path: "a.bin" }]);
  expect(states()).toEqual(["a.bin sending", "a.bin sending"]);
});

test("one that was left can be given up, and goes when another tab has finished it", () => {
  const { queue, givenUp, states } = start();
  queue.addLeft(left);
  queue.removeLeft("k");
  expect(states()).toEqual([]);
  queue.addLeft(left);
  queue.cancel(queue.list()[0]?.id ?? 0);
  expect(states()).toEqual([]);
  expect(givenUp).toEqual(["/home/a.bin"]);
});

test("whoever leaves stops all, and gives nothing up", () => {
  const { queue, sending, givenUp, states } = start();
  queue.add("ws", "/home", [{ file: file("a.bin"), path: "a.bin" }]);
  queue.leave();
  expect(states()).toEqual([]);
  expect(sending.get("/home/a.bin")?.signal.aborted).toBe(true);
  expect(givenUp).toEqual([]);
});
