import { expect, test } from "vitest";
import { ApiError } from "../http/api-error.ts";
import { createLiveConnections, type LiveRegistration } from "./live-connections.ts";

const connectionOf = (changes: Partial<LiveRegistration> = {}) => {
  const closed: string[] = [];
  const registration: LiveRegistration = {
    kind: "terminal",
    username: "alice",
    close: (reason) => void closed.push(reason),
    ...changes,
  };
  return { closed, registration };
};

test("lists who has what open until it is over", () => {
  let clock = 1_000;
  const live = createLiveConnections({ now: () => clock });
  const socket = { bytesRead: 100, bytesWritten: 200 };
  const { registration } = connectionOf({
    workspace: "alice-1",
    sessionId: "s",
    clientIp: "192.0.2.1",
    socket,
  });
  const connection = live.register(registration);
  socket.bytesRead += 5;
  socket.bytesWritten += 7;
  clock = 2_000;
  connection.touch();
  expect(live.list()).toMatchObject([
    {
      id: connection.id,
      kind: "terminal",
      username: "alice",
      workspace: "alice-1",
      sessionId: "s",
      clientIp: "192.0.2.1",
      openedAt: 1_000,
      lastActiveAt: 2_000,
      bytesReceived: 5,
      bytesSent: 7,
    },
  ]);
  expect(live.countOf("terminal")).toBe(1);
  connection.done();
  connection.done();
  expect(live.list()).toEqual([]);
  expect(live.countOf("terminal")).toBe(0);
  expect(live.bytesOf("terminal")).toEqual({ received: 5, sent: 7 });
});

test("closes those that match, each once", () => {
  const live = createLiveConnections();
  const [alice, bob] = [connectionOf(), connectionOf({ username: "bob" })];
  live.register(alice.registration);
  live.register(bob.registration);
  expect(live.closeWhere(({ username }) => username === "alice", "signed out")).toBe(1);
  expect(live.closeWhere(({ username }) => username === "alice", "again")).toBe(0);
  expect(alice.closed).toEqual(["signed out"]);
  expect(bob.closed).toEqual([]);
});

test("refuses more connections than a user and the server may have, sockets and streams apart", () => {
  const live = createLiveConnections({
    limits: { socketsPerUser: 1, sockets: 2, streamsPerUser: 1, streams: 1 },
  });
  const first = live.register(connectionOf().registration);
  live.register(connectionOf({ kind: "events" }).registration);
  expect(() => live.register(connectionOf({ kind: "app" }).registration)).toThrow("You have 1 open sockets");
  live.register(connectionOf({ username: "bob" }).registration);
  expect(() => live.register(connectionOf({ username: "carol" }).registration)).toThrow(
    "The server has as many",
  );
  first.done();
  live.register(connectionOf({ username: "carol" }).registration);
});

test("closes what may stay no longer when it checks again, and nothing for another failure", async () => {
  const failures: unknown[] = [];
  const live = createLiveConnections({ onRecheckFailure: (error) => failures.push(error) });
  const outage = new ApiError("unavailable", "later");
  const refusing = (error: Error) => connectionOf({ recheck: () => Promise.reject(error) });
  const forbidden = refusing(new ApiError("forbidden", "no"));
  const signedOut = refusing(new ApiError("session_expired", "no"));
  const gone = refusing(new ApiError("not_found", "no"));
  const unsure = refusing(outage);
  const fine = connectionOf({ recheck: async () => undefined });
  for (const { registration } of [forbidden, signedOut, gone, unsure, fine]) live.register(registration);
  await live.recheck();
  expect([forbidden, signedOut, gone, unsure, fine].map(({ closed }) => closed)).toEqual([
    ["no longer allowed"],
    ["signed out"],
    ["no longer allowed"],
    [],
    [],
  ]);
  expect(failures).toEqual([outage]);
});

test("tells a re-check whether the client was active since the last one", async () => {
  let clock = 0;
  const seen: boolean[] = [];
  const live = createLiveConnections({ now: () => clock });
  const connection = live.register(
    connectionOf({
      recheck: async (active) => {
        seen.push(active);
        return undefined;
      },
    }).registration,
  );
  await live.recheck();
  clock = 10;
  connection.touch();
  await live.recheck();
  await live.recheck();
  expect(seen).toEqual([false, true, false]);
});
