import { Code } from "@k8shell/rpc";
import fc from "fast-check";
import { expect, test } from "vitest";
import { seconds, startSession } from "./harness.ts";

test("a session is reported, counted and ended", async () => {
  const { client, clock } = await startSession();
  const began = seconds(clock);
  const opened = await client.upsertSession({
    session: {
      sessionId: "ws-1",
      username: "alice",
      workspace: "alice-59936c3",
      blueprint: "dev",
      client: "Console",
      clientIp: "192.0.2.7",
      k8shelldVer: "1.0.0",
      startTime: began,
      operations: ["sh", "pt"],
    },
  });
  expect(opened.session).toMatchObject({ startTime: began, endTime: 0n, updatedAt: began });
  clock.now += 20_000;
  await client.upsertSession({
    session: { sessionId: "ws-1", username: "alice", bytesIn: 10n, bytesOut: 2000n, operations: ["sf"] },
  });
  clock.now += 10_000;
  await client.endSession({ sessionId: "ws-1", endTime: began + 30n, bytesIn: 12n, bytesOut: 2500n });
  const { sessions } = await client.getSessions({});
  expect(sessions).toEqual([
    expect.objectContaining({
      sessionId: "ws-1",
      username: "alice",
      workspace: "alice-59936c3",
      blueprint: "dev",
      client: "Console",
      clientIp: "192.0.2.7",
      k8shelldVer: "1.0.0",
      startTime: began,
      endTime: began + 30n,
      updatedAt: began + 30n,
      bytesIn: 12n,
      bytesOut: 2500n,
      operations: ["sh", "pt", "sf"],
    }),
  ]);
});

test("a report that arrives late makes no counter go back", async () => {
  const { client } = await startSession();
  const report = (bytesOut: bigint) =>
    client.upsertSession({ session: { sessionId: "a", username: "alice", bytesOut } });
  await report(100n);
  await report(90n);
  expect((await client.getSessions({})).sessions[0]?.bytesOut).toBe(100n);
});

test("a session without times begins and ends now, and never before its start", async () => {
  const { client, clock } = await startSession();
  await client.upsertSession({ session: { sessionId: "a", username: "alice" } });
  clock.now += 5000;
  await client.endSession({ sessionId: "a" });
  await client.upsertSession({ session: { sessionId: "b", username: "alice" } });
  await client.endSession({ sessionId: "b", endTime: 1n });
  const { sessions } = await client.getSessions({});
  expect(sessions.map(({ startTime, endTime }) => endTime - startTime)).toEqual([5n, 0n]);
});

test("a session that is reported again after its end is active again", async () => {
  const { client } = await startSession();
  await client.upsertSession({ session: { sessionId: "a", username: "alice" } });
  await client.endSession({ sessionId: "a" });
  await client.upsertSession({ session: { sessionId: "a", username: "alice" } });
  expect((await client.getSessions({})).sessions[0]?.endTime).toBe(0n);
});

test("nobody takes over another user's session by its id", async () => {
  const { client } = await startSession();
  await client.upsertSession({ session: { sessionId: "a", username: "alice" } });
  const takeover = client.upsertSession({ session: { sessionId: "a", username: "mallory" } });
  await expect(takeover).rejects.toMatchObject({ code: Code.AlreadyExists });
  expect((await client.getSessions({})).sessions.map(({ username }) => username)).toEqual(["alice"]);
});

test("an unknown session cannot be ended", async () => {
  const { client } = await startSession();
  await expect(client.endSession({ sessionId: "a" })).rejects.toMatchObject({ code: Code.NotFound });
});

test.each([
  ["no session", { session: undefined }],
  ["no id", { session: { username: "alice" } }],
  ["no user", { session: { sessionId: "a" } }],
  ["a negative count", { session: { sessionId: "a", username: "alice", bytesIn: -1n } }],
  ["a count beyond numbers", { session: { sessionId: "a", username: "alice", bytesIn: 2n ** 63n - 1n } }],
  ["a time beyond numbers", { session: { sessionId: "a", username: "alice", startTime: 2n ** 60n } }],
  ["an endless text", { session: { sessionId: "a", username: "alice", client: "x".repeat(5000) } }],
  ["an odd operation", { session: { sessionId: "a", username: "alice", operations: ["sh,pt"] } }],
])("a report with %s is refused", async (_, request) => {
  const { client } = await startSession();
  await expect(client.upsertSession(request)).rejects.toMatchObject({ code: Code.InvalidArgument });
});

test("no report crashes the service", async () => {
  const { client } = await startSession();
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const text = fc.string({ unit: "binary" });
  const session = fc.record({
    sessionId: text,
    username: text,
    workspace: text,
    client: text,
    clientIp: text,
    startTime: int64,
    endTime: int64,
    bytesIn: int64,
    bytesOut: int64,
    operations: fc.array(text, { maxLength: 4 }),
  });
  const expected = new Set<unknown>([Code.InvalidArgument, Code.AlreadyExists, Code.NotFound]);
  const settle = (promise: Promise<unknown>) =>
    promise.catch((error: { code?: unknown }) => expect(expected).toContain(error.code));
  await fc.assert(
    fc.asyncProperty(session, async (given) => {
      await settle(client.upsertSession({ session: given }));
      await settle(client.endSession({ ...given }));
    }),
  );
  await client.getSessions({});
});

test("records are there after a restart", async () => {
  const first = await startSession();
  await first.client.upsertSession({ session: { sessionId: "a", username: "alice" } });
  await first.session.close();
  const second = await startSession({ dataDir: first.dataDir });
  expect((await second.client.getSessions({})).sessions.map(({ sessionId }) => sessionId)).toEqual(["a"]);
});
