import type { MessageInitShape } from "@bufbuild/protobuf";
import { Operator, type PayloadSchema, SortDir } from "@k8shell/contract/gen/query/v1/query_pb.js";
import { Code } from "@k8shell/rpc";
import { expect, test } from "vitest";
import { seconds, startSession, type TestSession, type TestUser } from "./harness.ts";

const users: TestUser[] = [
  { username: "alice", org: "acme", roles: ["developer"] },
  { username: "boss", org: "acme", roles: ["org-admin", "developer"] },
  { username: "zoe", org: "zeta", roles: ["org-admin"] },
];

/** Six sessions a minute apart: s0 alice, s1 boss, s2 zoe, s3 alice … in workspaces w0 and w1 by turns. */
const fill = async ({ client, clock }: TestSession): Promise<void> => {
  for (let i = 0; i < 6; i++) {
    const username = users[i % users.length]?.username ?? "";
    const session = { sessionId: `s${i}`, username, workspace: `w${i % 2}`, startTime: seconds(clock) };
    await client.upsertSession({ session: { ...session, bytesOut: BigInt(i * 100), operations: ["sh"] } });
    clock.now += 60_000;
  }
};

const filled = async (): Promise<TestSession> => {
  const session = await startSession({ users });
  await fill(session);
  return session;
};

type Filter = Parameters<TestSession["client"]["getSessions"]>[0];
const lists: ReadonlyArray<readonly [string, Filter, string]> = [
  ["everything, oldest first", {}, "s0 s1 s2 s3 s4 s5"],
  ["everything, newest first", { reverse: true }, "s5 s4 s3 s2 s1 s0"],
  ["one session", { sessionId: "s3" }, "s3"],
  ["an unknown session", { sessionId: "s9" }, ""],
  ["one user's", { username: "alice" }, "s0 s3"],
  ["one workspace's", { workspace: "w1" }, "s1 s3 s5"],
  ["one user's in one workspace", { username: "alice", workspace: "w1" }, "s3"],
  ["the newest three, oldest first", { lastN: 3 }, "s3 s4 s5"],
  ["the newest three, newest first", { lastN: 3, reverse: true }, "s5 s4 s3"],
  ["the newest one of a user", { lastN: 1, username: "boss" }, "s4"],
  ["more of the newest than there are", { lastN: 100 }, "s0 s1 s2 s3 s4 s5"],
  ["a page", { limit: 2, offset: 1 }, "s1 s2"],
  ["a page from the newest", { limit: 2, offset: 1, reverse: true }, "s4 s3"],
  ["an offset alone", { offset: 4 }, "s4 s5"],
  ["an organization's", { org: "acme" }, "s0 s1 s3 s4"],
  ["those of a role", { roles: ["org-admin"] }, "s1 s2 s4 s5"],
  ["those of any of two roles", { roles: ["org-admin", "developer"] }, "s0 s1 s2 s3 s4 s5"],
  ["those of a role in an organization", { roles: ["org-admin"], org: "zeta" }, "s2 s5"],
  ["an organization without members", { org: "nowhere" }, ""],
  ["a name that is a pattern", { username: "%" }, ""],
];

test.each(lists)("a list of %s", async (_, request, expected) => {
  const { client } = await filled();
  const { sessions } = await client.getSessions(request);
  expect(sessions.map(({ sessionId }) => sessionId).join(" ")).toBe(expected);
});

test("sessions that began in one second keep the order in which they were reported", async () => {
  const { client } = await startSession();
  const names = ["q", "a", "z", "b"];
  for (const sessionId of names) await client.upsertSession({ session: { sessionId, username: "alice" } });
  await client.upsertSession({ session: { sessionId: "q", username: "alice", bytesIn: 5n } });
  const { sessions } = await client.getSessions({});
  expect(sessions.map(({ sessionId }) => sessionId)).toEqual(names);
});

test("a negative offset is refused", async () => {
  const { client } = await startSession();
  await expect(client.getSessions({ offset: -1 })).rejects.toMatchObject({ code: Code.InvalidArgument });
});

test("members beyond Identity's page are not forgotten", async () => {
  const crowd = Array.from({ length: 230 }, (_, i) => ({ username: `user${i}`, org: "big", roles: [] }));
  const { client } = await startSession({ users: crowd });
  for (const { username } of crowd)
    await client.upsertSession({ session: { sessionId: username, username } });
  expect((await client.getSessions({ org: "big" })).sessions).toHaveLength(230);
});

test("a list that needs Identity fails while Identity is away, rather than showing too much", async () => {
  const { client, identity } = await filled();
  identity.failing = true;
  await expect(client.getSessions({ org: "acme" })).rejects.toMatchObject({ code: Code.Unavailable });
  const query = client.querySessions({ query: { obligations: { org: "acme" } } });
  await expect(query).rejects.toMatchObject({ code: Code.Unavailable });
});

type Payload = Exclude<MessageInitShape<typeof PayloadSchema>, { $typeName: string }>;
const where = (field: string, op: Operator, ...values: string[]): Payload => ({
  filters: { conditions: [{ field, op, values }] },
});
const queries: ReadonlyArray<readonly [string, Payload, string]> = [
  ["nothing asked", {}, "s0 s1 s2 s3 s4 s5"],
  ["a name with a wildcard", where("username", Operator.EQ, "*O*"), "s1 s2 s4 s5"],
  ["two workspaces", where("workspace", Operator.IN, "w1", "w9"), "s1 s3 s5"],
  ["a number", where("bytesOut", Operator.GTE, "400"), "s4 s5"],
  ["active ones", where("endTime", Operator.EXISTS, "false"), "s1 s2 s3 s4 s5"],
  ["ended ones", where("endTime", Operator.EXISTS, "true"), "s0"],
  ["a time", where("startTime", Operator.GT, new Date(1_800_000_240_000).toISOString()), "s5"],
  ["another order", { sort: [{ field: "bytesOut", dir: SortDir.DESC }], page: { limit: 2 } }, "s5 s4"],
  ["obligation username", { obligations: { username: "zoe" } }, "s2 s5"],
  ["obligation org", { obligations: { org: "acme" } }, "s0 s1 s3 s4"],
  ["obligation roles", { obligations: { roles: '["org-admin"]' } }, "s1 s2 s4 s5"],
  ["two obligations", { obligations: { roles: '["org-admin"]', org: "acme" } }, "s1 s4"],
  ["an obligation that permits nobody", { obligations: { roles: "[]" } }, ""],
  [
    "an obligation and a filter",
    { ...where("workspace", Operator.EQ, "w1"), obligations: { username: "alice" } },
    "s3",
  ],
];

test.each(queries)("a query with %s", async (_, query, expected) => {
  const { client } = await filled();
  await client.endSession({ sessionId: "s0" });
  const { sessions } = await client.querySessions({ query });
  expect(sessions.map(({ sessionId }) => sessionId).join(" ")).toBe(expected);
});

test("a query cannot get around an obligation with an OR", async () => {
  const { client } = await filled();
  const filters = {
    op: 2,
    conditions: [
      { field: "username", op: Operator.EQ, values: ["alice"] },
      { field: "username", op: Operator.EQ, values: ["zoe"] },
    ],
  };
  const { sessions } = await client.querySessions({ query: { filters, obligations: { username: "alice" } } });
  expect(sessions.map(({ sessionId }) => sessionId)).toEqual(["s0", "s3"]);
});

test("a bad query and an unknown obligation are refused", async () => {
  const { client } = await filled();
  const bad = client.querySessions({ query: where("colour", Operator.EQ, "red") });
  await expect(bad).rejects.toMatchObject({ code: Code.InvalidArgument });
  const unknown = client.querySessions({ query: { obligations: { planet: "mars" } } });
  await expect(unknown).rejects.toMatchObject({ code: Code.PermissionDenied });
});

test("every field of the schema can be queried and sorted by", async () => {
  const { client } = await filled();
  const { fields, resource } = await client.getSessionsQuerySchema({});
  expect(resource).toBe("sessions");
  expect(fields.length).toBeGreaterThan(8);
  for (const { name } of fields) {
    await client.querySessions({
      query: { ...where(name, Operator.EXISTS), sort: [{ field: name, dir: SortDir.ASC }] },
    });
  }
});
