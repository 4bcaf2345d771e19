import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Operator, SortDir } from "@k8shell/contract/gen/query/v1/query_pb.js";
import { Code } from "@k8shell/rpc";
import { expect, test } from "vitest";
import { type AuditEntry, createAuditLog } from "../../src/authz/audit/audit-log.ts";
import { about, codeOf, startAuthz, type TestAuthz, temporaryDirectory, tokenOf } from "./harness.ts";

const read = (owner: string) => about("workspace:read", { id: "w", attributes: { owner } });
const ask = ({ client }: TestAuthz, username: string, request = read("alice"), patPreview = "") =>
  client.evaluate({ ...request, token: tokenOf(username, { exp: 9e9 }), patPreview });

test("every decision is recorded with who, what, about whom and how it ended", async () => {
  const authz = await startAuthz();
  const began = Date.now();
  await authz.client.evaluate(
    {
      ...about("workspace:connect", {
        id: "w",
        attributes: { owner: "alice" },
        context: { type: "webshell" },
      }),
      token: tokenOf("bob"),
      patPreview: "k8sh_12345678",
    },
    { metadata: { "x-request-id": "req-7" } },
  );
  const { records } = await authz.client.queryAudit({});
  expect(records).toHaveLength(1);
  const [record] = records;
  expect(record).toMatchObject({
    reqId: "req-7",
    package: "workspace",
    action: "workspace:connect",
    scope: "workspace:connect:webshell",
    username: "bob",
    roles: ["developer"],
    org: "acme",
    patPreview: "k8sh_12345678",
    resourceType: "workspace",
    resourceId: "w",
    resourceOwner: "alice",
    resourceAttributes: { owner: "alice" },
    context: { type: "webshell" },
    allowed: false,
    obligations: {},
    error: "",
    dupCount: 0,
  });
  expect(record?.durationUs).toBeGreaterThan(0n);
  expect(record?.occurredAt && timestampMs(record.occurredAt)).toBeGreaterThanOrEqual(began);
});

test("an allowed list is recorded with the obligations it was given", async () => {
  const authz = await startAuthz();
  await ask(authz, "alice", about("workspace:list"));
  const { records } = await authz.client.queryAudit({});
  expect(records[0]).toMatchObject({ allowed: true, obligations: { username: "alice" } });
});

test("a policy that could not be followed is recorded as the error of a denial", async () => {
  const authz = await startAuthz();
  authz.identity.failing = true;
  await ask(authz, "boss", about("user:create", { id: "n", attributes: { org: "acme" } }));
  const { records } = await authz.client.queryAudit({});
  expect(records[0]).toMatchObject({ allowed: false, error: "identity is down" });
});

test("identical decisions become one record with a count; what differs in anything does not", async () => {
  let time = Date.now();
  const authz = await startAuthz({ now: () => time });
  for (let i = 0; i < 5; i++) {
    await ask(authz, "alice");
    time += 1000;
  }
  await ask(authz, "bob");
  await ask(authz, "alice", read("bob"));
  await ask(authz, "alice", read("alice"), "k8sh_aaaaaaaa");
  const { records } = await authz.client.queryAudit({});
  expect(records.map(({ username, resourceOwner, dupCount }) => [username, resourceOwner, dupCount])).toEqual(
    [
      ["alice", "alice", 0],
      ["alice", "bob", 0],
      ["bob", "alice", 0],
      ["alice", "alice", 4],
    ],
  );
  const merged = records.at(-1);
  const first = merged?.occurredAt && timestampMs(merged.occurredAt);
  const last = merged?.lastOccurredAt && timestampMs(merged.lastOccurredAt);
  expect(Number(last) - Number(first)).toBe(4000);
});

test("a count goes on after the record was stored, and a new record begins after a while", async () => {
  let time = Date.now();
  const authz = await startAuthz({ now: () => time });
  await ask(authz, "alice");
  expect((await authz.client.queryAudit({})).records.map((r) => r.dupCount)).toEqual([0]);
  await ask(authz, "alice");
  expect((await authz.client.queryAudit({})).records.map((r) => r.dupCount)).toEqual([1]);
  time += 61_000;
  await ask(authz, "alice");
  expect((await authz.client.queryAudit({})).records.map((r) => r.dupCount)).toEqual([0, 1]);
});

test("what was recorded is there after a restart", async () => {
  const dataDir = await temporaryDirectory();
  const first = await startAuthz({ dataDir });
  await ask(first, "alice");
  await first.authz.close();
  const second = await startAuthz({ dataDir });
  expect((await second.client.queryAudit({})).records).toHaveLength(1);
});

test("the log is filtered, sorted and paged like every other list", async () => {
  const authz = await startAuthz();
  for (const username of ["alice", "bob", "boss", "zoe", "root"]) {
    await ask(authz, username);
    await ask(authz, username, about("org:list"));
  }
  const usernames = async (query: Parameters<typeof authz.client.queryAudit>[0]["query"]) =>
    (await authz.client.queryAudit({ query })).records.map(({ username }) => username);
  const sort = [{ field: "username", dir: SortDir.ASC }];
  const denied = { conditions: [{ field: "allowed", op: Operator.EQ, values: ["false"] }] };
  expect(await usernames({ filters: denied, sort })).toEqual(["bob", "zoe"]);
  const glob = {
    conditions: [
      { field: "username", op: Operator.EQ, values: ["B*"] },
      { field: "action", op: Operator.EQ, values: ["workspace:*"] },
    ],
  };
  expect(await usernames({ filters: glob, sort })).toEqual(["bob", "boss"]);
  expect(await usernames({ sort, page: { limit: 3, offset: 2 } })).toEqual(["bob", "bob", "boss"]);
  const recent = { conditions: [{ field: "occurredAt", op: Operator.GTE, values: ["now-1h"] }] };
  expect(await usernames({ filters: recent })).toHaveLength(10);
  const old = { conditions: [{ field: "occurredAt", op: Operator.LT, values: ["now-1h"] }] };
  expect(await usernames({ filters: old })).toEqual([]);
  const bad = { conditions: [{ field: "colour", op: Operator.EQ, values: ["red"] }] };
  expect(await codeOf(authz.client.queryAudit({ query: { filters: bad } }))).toBe(Code.InvalidArgument);
});

test("obligations restrict what is seen, whatever the filters say", async () => {
  const authz = await startAuthz();
  for (const username of ["alice", "boss", "zoe", "zed"]) await ask(authz, username);
  const seen = async (obligations: Record<string, string>) =>
    (await authz.client.queryAudit({ query: { obligations } })).records
      .map(({ username }) => username)
      .sort();
  expect(await seen({ org: "zeta" })).toEqual(["zed", "zoe"]);
  expect(await seen({ username: "alice" })).toEqual(["alice"]);
  expect(await seen({ username: "a%" })).toEqual([]);
  expect(await seen({ roles: '["org-admin"]' })).toEqual(["boss", "zed"]);
  expect(await seen({ roles: '["org"]' })).toEqual([]);
  expect(await seen({ roles: '["org-admin"]', org: "acme" })).toEqual(["boss"]);
  expect(await seen({ roles: "[]" })).toEqual([]);
  const unknown = authz.client.queryAudit({ query: { obligations: { planet: "mars" } } });
  expect(await codeOf(unknown)).toBe(Code.PermissionDenied);
});

test("the schema names every field that can be queried", async () => {
  const { client } = await startAuthz();
  const schema = await client.getAuditQuerySchema({});
  expect(schema.resource).toBe("audit");
  for (const { name } of schema.fields) {
    const filters = { conditions: [{ field: name, op: Operator.EXISTS, values: ["true"] }] };
    await client.queryAudit({ query: { filters, sort: [{ field: name, dir: SortDir.DESC }] } });
  }
  expect(schema.fields.length).toBeGreaterThan(10);
});

test("old records go by age and by number", async () => {
  const dataDir = await temporaryDirectory();
  let time = Date.now();
  const open = () => startAuthz({ dataDir, now: () => time, auditRetention: { days: 2, rows: 3 } });
  const first = await open();
  await ask(first, "alice");
  time += 86_400_000;
  for (const owner of ["alice", "bob", "zoe", "root"]) await ask(first, "bob", read(owner));
  expect((await first.client.queryAudit({})).records).toHaveLength(5);
  await first.authz.close();
  const second = await open();
  const left = async () => (await second.client.queryAudit({})).records.map((record) => record.resourceOwner);
  expect(await left()).toEqual(["root", "zoe", "bob"]);
  await second.authz.close();
  time += 3 * 86_400_000;
  expect((await (await open()).client.queryAudit({})).records).toEqual([]);
});

test("records that cannot be stored are kept for the next attempt, up to a limit", async () => {
  const stored: AuditEntry[] = [];
  let broken = true;
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const write = async (entries: readonly AuditEntry[]) => {
    if (broken) throw new Error("disk full");
    stored.push(...entries);
  };
  const audit = createAuditLog({ write, log, now: Date.now, maxHeld: 3 });
  const authz = await startAuthz();
  const decision = { response: await ask(authz, "alice") };
  const { parseRequest } = await import("../../src/authz/request.ts");
  const { createClaimsReader } = await import("../../src/authz/claims.ts");
  const { create } = await import("@bufbuild/protobuf");
  const { EvaluateRequestSchema } = await import("@k8shell/contract/gen/authz/v1/authz_pb.js");
  const caller = createClaimsReader(Date.now)(tokenOf("alice"));
  for (const owner of ["a", "b", "c", "d", "e"]) {
    const request = parseRequest(create(EvaluateRequestSchema, read(owner)), {
      capabilityCheck: false,
      caller,
    });
    audit.record({ caller, request, decision, patPreview: "", requestId: "", durationUs: 1 });
  }
  await audit.flush();
  expect(stored).toEqual([]);
  broken = false;
  await audit.close();
  expect(stored.map((entry) => entry.resourceOwner)).toEqual(["c", "d", "e"]);
});
