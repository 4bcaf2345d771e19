import { expect, test } from "vitest";
import { createPipe } from "./pipe.ts";

const later = () => new Promise((resolve) => setImmediate(resolve));
const settled = async (promise: Promise<unknown>) =>
  Promise.race([promise.then(() => true), later().then(() => false)]);

test("values come out in the order they went in, then the end", async () => {
  const pipe = createPipe<number>();
  for (let i = 0; i < 5; i += 1) void pipe.write(i);
  pipe.end();
  const read: number[] = [];
  for await (const value of pipe) read.push(value);
  expect(read).toEqual([0, 1, 2, 3, 4]);
});

test("a write waits while the buffer is full and resolves to true when there is room", async () => {
  const pipe = createPipe<number>(2);
  const reader = pipe[Symbol.asyncIterator]();
  expect(await pipe.write(1)).toBe(true);
  const full = pipe.write(2);
  expect(pipe.length).toBe(2);
  expect(await settled(full)).toBe(false);
  await reader.next();
  expect(await full).toBe(true);
  expect(pipe.length).toBe(1);
});

test("every writer that waits is told when there is room", async () => {
  const pipe = createPipe<number>(1);
  const reader = pipe[Symbol.asyncIterator]();
  const writes = [pipe.write(1), pipe.write(2), pipe.write(3)];
  for (let i = 0; i < 3; i += 1) await reader.next();
  expect(await Promise.all(writes)).toEqual([true, true, true]);
});

test("a reader that waits is woken by a write, by the end and by a failure", async () => {
  const pipe = createPipe<number>();
  const reader = pipe[Symbol.asyncIterator]();
  const value = reader.next();
  await later();
  void pipe.write(7);
  expect(await value).toEqual({ value: 7, done: false });
  const end = reader.next();
  await later();
  pipe.end();
  expect(await end).toEqual({ value: undefined, done: true });

  const failing = createPipe<number>();
  const failure = failing[Symbol.asyncIterator]().next();
  await later();
  failing.fail(new Error("broken"));
  await expect(failure).rejects.toThrow("broken");
});

test("readers that wait side by side get one value each", async () => {
  const pipe = createPipe<number>();
  const reader = pipe[Symbol.asyncIterator]();
  const both = [reader.next(), reader.next()];
  void pipe.write(1);
  void pipe.write(2);
  expect((await Promise.all(both)).map((r) => r.value)).toEqual([1, 2]);
});

test("leaving the loop resolves waiting and later writes to false and drops what is queued", async () => {
  const pipe = createPipe<number>(2);
  void pipe.write(1);
  const waiting = [pipe.write(2), pipe.write(3)];
  for await (const _ of pipe) break;
  expect(await Promise.all(waiting)).toEqual([false, false]);
  expect(await pipe.write(4)).toBe(false);
  expect(pipe.length).toBe(0);
});

test("leaving wakes a reader that waits", async () => {
  const pipe = createPipe<number>();
  const reader = pipe[Symbol.asyncIterator]();
  const next = reader.next();
  await reader.return?.();
  expect((await next).done).toBe(true);
});

test("end() resolves waiting writes to false, and what is queued is still read", async () => {
  const pipe = createPipe<number>(1);
  const waiting = pipe.write(1);
  pipe.end();
  expect(await waiting).toBe(false);
  expect(await pipe.write(2)).toBe(false);
  const read: number[] = [];
  for await (const value of pipe) read.push(value);
  expect(read).toEqual([1]);
});

test("fail() resolves waiting writes to false; the reader gets what is queued, the error once, then the end", async () => {
  const pipe = createPipe<number>(1);
  const waiting = pipe.write(1);
  pipe.fail(new Error("broken"));
  expect(await waiting).toBe(false);
  expect(await pipe.write(2)).toBe(false);
  const reader = pipe[Symbol.asyncIterator]();
  expect((await reader.next()).value).toBe(1);
  await expect(reader.next()).rejects.toThrow("broken");
  expect((await reader.next()).done).toBe(true);
});

test("abort() drops what is queued and the reader throws now", async () => {
  const pipe = createPipe<number>(1);
  const waiting = pipe.write(1);
  pipe.abort(new Error("stop"));
  expect(await waiting).toBe(false);
  await expect(pipe[Symbol.asyncIterator]().next()).rejects.toThrow("stop");
});

test("the first end wins", async () => {
  const pipe = createPipe<number>();
  pipe.end();
  pipe.fail(new Error("late"));
  expect((await pipe[Symbol.asyncIterator]().next()).done).toBe(true);
});
