import { startGrpcServer } from "@k8shell/rpc";
import { expect, onTestFinished, test } from "vitest";
import { bareClient, status } from "../../../workspaced/test/bare/client.ts";
import type { WireMessage } from "../../../workspaced/test/bare/wire.ts";
import { startSession } from "../session/harness.ts";

// grpc-behaviour section 7, over the wire.

const connect = async () => {
  const { session, clock } = await startSession();
  const server = await startGrpcServer({ address: "127.0.0.1:0", services: session.registrations });
  onTestFinished(() => server.close());
  const bare = bareClient(server.address);
  const call = (method: string, message: WireMessage = []) =>
    bare.unary(`/session.v1.SessionService/${method}`, message);
  const upsert = (id: string, ...fields: WireMessage) =>
    call("UpsertSession", [[1, [[1, id], [2, "alice"], [8, "alice-59936c3"], ...fields]]]);
  const ids = async (...request: WireMessage) =>
    (await call("GetSessions", request)).response.messages(1).map((found) => found.text(1));
  return { bare, call, upsert, ids, clock };
};

test("an active session has no end on the wire, times are unix seconds, operations their codes", async () => {
  const { upsert } = await connect();
  const { response } = await upsert("s-1", [6, 1_700_000_000], [9, 10], [11, "sh"], [11, "pt"]);
  const [session] = response.messages(1);
  expect(session?.number(6)).toBe(1_700_000_000);
  expect(session?.numbers).not.toContain(7);
  expect(session?.number(9)).toBe(10);
  expect(session?.numbers.filter((field) => field === 11)).toHaveLength(2);
  expect(session?.number(13)).toBe(1_800_000_000);
});

test("the end answers with an empty message and keeps the last counts; an unknown session is NOT_FOUND", async () => {
  const { call, upsert } = await connect();
  await upsert("s-1", [6, 1_700_000_000]);
  const ended = await call("EndSession", [
    [1, "s-1"],
    [2, 1_700_000_100],
    [3, 5],
    [4, 7],
  ]);
  expect(ended).toMatchObject({ code: status.OK });
  expect(ended.response.numbers).toEqual([]);
  const [session] = (await call("GetSessions", [[1, "s-1"]])).response.messages(1);
  expect([7, 9, 10].map((field) => session?.number(field))).toEqual([1_700_000_100, 5, 7]);
  expect((await call("EndSession", [[1, "s-2"]])).code).toBe(status.NOT_FOUND);
});

test("lists are oldest first, reversed on demand, and last_n takes the newest", async () => {
  const { upsert, ids } = await connect();
  for (const number of [1, 2, 3, 4]) await upsert(`s-${number}`, [6, 1_700_000_000 + number]);
  expect(await ids()).toEqual(["s-1", "s-2", "s-3", "s-4"]);
  expect(await ids([6, true])).toEqual(["s-4", "s-3", "s-2", "s-1"]);
  expect(await ids([9, 2])).toEqual(["s-3", "s-4"]);
  expect(await ids([4, 2], [5, 1])).toEqual(["s-2", "s-3"]);
  expect(await ids([2, "bob"])).toEqual([]);
});

test("obligations of the decision restrict a query", async () => {
  const { call, upsert } = await connect();
  await upsert("s-1");
  const query = async (name: string, value: string) =>
    (
      await call("QuerySessions", [
        [
          1,
          [
            [
              4,
              [
                [1, name],
                [2, value],
              ],
            ],
          ],
        ],
      ])
    ).response.messages(1).length;
  expect(await query("username", "alice")).toBe(1);
  expect(await query("username", '["bob"]')).toBe(0);
  const unreadable = await call("QuerySessions", [
    [
      1,
      [
        [
          4,
          [
            [1, "username"],
            [2, "[alice"],
          ],
        ],
      ],
    ],
  ]);
  expect(unreadable.code).toBe(status.PERMISSION_DENIED);
});

test("connections that are not recorded here are UNIMPLEMENTED, and terminals of no session are refused", async () => {
  const { bare } = await connect();
  for (const [kind, code] of [
    ["Shell", status.INVALID_ARGUMENT],
    ["Exec", status.INVALID_ARGUMENT],
    ["Tcpip", status.UNIMPLEMENTED],
    ["Sftp", status.UNIMPLEMENTED],
  ] as const) {
    const call = bare.stream(`/session.v1.RecordingService/Stream${kind}Recording`);
    call.write([
      [
        1,
        [
          [1, "s-1"],
          [2, "token"],
        ],
      ],
    ]);
    expect((await call.ended).code, kind).toBe(code);
  }
  const end = await bare.unary("/session.v1.RecordingService/EndRecordingSession", [[1, "c-1"]]);
  expect(end.code).toBe(0);
});
