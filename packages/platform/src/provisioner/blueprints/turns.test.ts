import { Code } from "@k8shell/rpc";
import { expect, test } from "vitest";
import { createTurns } from "./turns.ts";

test("work of one key goes one after the other, that of another at once, and too much of it is refused", async () => {
  const turns = createTurns(1);
  const begun: string[] = [];
  const first = Promise.withResolvers<void>();
  const running = turns("alice", async () => {
    begun.push("first");
    await first.promise;
    throw new Error("went wrong");
  });
  const waiting = turns("alice", async () => begun.push("second"));
  await turns("bob", async () => begun.push("other"));
  expect(begun).toEqual(["first", "other"]);
  await expect(turns("alice", async () => undefined)).rejects.toMatchObject({ code: Code.ResourceExhausted });
  first.resolve();
  await expect(running).rejects.toThrow("went wrong");
  await waiting;
  expect(begun).toEqual(["first", "other", "second"]);
  expect(await turns("alice", async () => "again")).toBe("again");
});
