import { sqliteKv } from "@k8shell/kv";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { createRevocations } from "../live/revocations.ts";
import { callMessage, createRunningCalls, newSessionId } from "./running-calls.ts";

const session = newSessionId();
const call = { username: "ann", session, id: "1" };

test("a cancellation reaches the replica that answers the request, and no other request", async () => {
  const kv = sqliteKv({ file: ":memory:" });
  const bucket = await kv.bucket("revocations");
  const log = pino({ level: "silent" });
  const replicas = [createRevocations({ bucket, log }), createRevocations({ bucket, log })] as const;
  onTestFinished(async () => {
    for (const replica of replicas) replica.close();
    await kv.close();
  });
  const [here, there] = [createRunningCalls(replicas[0]), createRunningCalls(replicas[1])];
  const others = [
    { ...call, id: '"1"' },
    { ...call, session: newSessionId() },
    { ...call, username: "ben" },
  ].map((other) => here.begin(other));
  const over = here.begin(call);
  over.done();
  const running = here.begin(call);
  over.done();
  await there.cancel(call);
  await expect.poll(() => running.signal.aborted).toBe(true);
  expect([over, ...others].map(({ signal }) => signal.aborted)).toEqual([false, false, false, false]);
});

test.each([
  ["a request", { id: 1, method: "tools/call" }, { kind: "begin", call }],
  [
    "a cancellation",
    { method: "notifications/cancelled", params: { requestId: 1, reason: "no" } },
    { kind: "cancel", call },
  ],
  ["the first request", { id: 0, method: "initialize" }, { kind: "initialize" }],
  ["a notification", { method: "notifications/initialized" }, { kind: "other" }],
  ["a number that is none", { id: { a: 1 }, method: "tools/call" }, { kind: "other" }],
  ["a cancellation of nothing", { method: "notifications/cancelled", params: {} }, { kind: "other" }],
  ["an answer", { id: 1, result: {} }, { kind: "other" }],
])("reads %s", (_what, body, expected) => {
  expect(callMessage("ann", { "mcp-session-id": session }, body)).toEqual(expected);
  if ("call" in expected) {
    for (const headers of [{}, { "mcp-session-id": "not one of ours" }]) {
      expect(callMessage("ann", headers, body)).toEqual({ kind: "other" });
    }
  }
});
