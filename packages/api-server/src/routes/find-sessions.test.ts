import { create } from "@bufbuild/protobuf";
import {
  type GetSessionsRequest,
  SessionSchema,
  SessionService,
  SessionsSchema,
} from "@k8shell/contract/gen/session/v1/session_pb.js";
import { inProcessChannel, register } from "@k8shell/rpc";
import { expect, test } from "vitest";
import { createFindSessions } from "./find-sessions.ts";

const records = Array.from({ length: 120 }, (_, i) =>
  create(SessionSchema, { sessionId: `s${i}`, username: "bob", startTime: BigInt(1000 + i) }),
);

/** What is found in a service that answers like this. */
const findIn = async (answer: (request: GetSessionsRequest) => typeof records) => {
  let calls = 0;
  const registration = register(SessionService, {
    async getSessions(request) {
      calls += 1;
      return create(SessionsSchema, { sessions: answer(request) });
    },
  });
  const find = createFindSessions(inProcessChannel([registration]).client(SessionService));
  const found = await find({ target: { username: "bob" }, query: {}, obligations: {} });
  return { ids: found.map(({ sessionId }) => sessionId), calls };
};

const all = records.map(({ sessionId }) => sessionId);

test.each([10, 25, 50, 100, 1000])(
  "all are found where %i is the most that is given out at once",
  async (most) => {
    const { ids } = await findIn(({ offset, limit }) =>
      records.slice(offset, offset + Math.min(limit, most)),
    );
    expect(ids).toEqual(all);
  },
);

test("a service that knows no offsets is not asked for ever, and no session is told twice", async () => {
  const { ids, calls } = await findIn(() => records);
  expect([ids, calls]).toEqual([all, 2]);
});

test("newest first or oldest first: the list begins with the oldest", async () => {
  const { ids } = await findIn(({ offset, limit }) => records.toReversed().slice(offset, offset + limit));
  expect(ids).toEqual(all);
});
