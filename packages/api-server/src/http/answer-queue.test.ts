import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { createAnswerQueue } from "./answer-queue.ts";

const closers: Array<() => void> = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** So many requests that wait for their answers, and the texts that will have been received for them. */
const requests = async (count: number) => {
  const waiting: ServerResponse[] = [];
  const all = Promise.withResolvers<void>();
  const server = createServer((_request, response) => {
    waiting.push(response);
    if (waiting.length === count) all.resolve();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const texts = Promise.all(
    Array.from({ length: count }, () => fetch(url).then((answer) => answer.text())),
  ).then((received) => received.sort());
  await all.promise;
  return { waiting, texts };
};

const ended = (responses: readonly ServerResponse[]) => responses.map((one) => one.writableEnded);

test("answers wait for the end of the turn in which they became ready", async () => {
  const { waiting, texts } = await requests(3);
  const end = createAnswerQueue();
  waiting.forEach((response, index) => {
    end(response, `answer ${index}`);
  });
  expect(ended(waiting)).toEqual([false, false, false]);
  await turn();
  expect(ended(waiting)).toEqual([true, true, true]);
  expect(await texts).toEqual(["answer 0", "answer 1", "answer 2"]);
});

test("no more answers wait than are allowed to", async () => {
  const { waiting, texts } = await requests(3);
  const end = createAnswerQueue(2);
  waiting.forEach((response, index) => {
    end(response, `answer ${index}`);
  });
  expect(ended(waiting)).toEqual([true, true, false]);
  await turn();
  expect(ended(waiting)).toEqual([true, true, true]);
  expect(await texts).toEqual(["answer 0", "answer 1", "answer 2"]);
});

test("an answer whose client has gone keeps none of the others back", async () => {
  const { waiting, texts } = await requests(2);
  const end = createAnswerQueue();
  const [gone, stays] = waiting;
  if (!gone || !stays) throw new Error("two requests were made");
  end(gone, "nobody reads this");
  end(stays, "answer");
  gone.destroy();
  await expect(texts).rejects.toThrow();
  expect(stays.writableEnded).toBe(true);
});
