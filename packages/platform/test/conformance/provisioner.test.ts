import { FieldType, Operator } from "@k8shell/contract/gen/query/v1/query_pb.js";
import { startGrpcServer } from "@k8shell/rpc";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { bareClient, status } from "../../../workspaced/test/bare/client.ts";
import type { WireFields, WireMessage } from "../../../workspaced/test/bare/wire.ts";
import { buildDaemon, eventually, openPlatform, type Platform } from "../provisioner/harness.ts";

// grpc-behaviour sections 3 and 5, over the wire.

const inBand = /^rpc error: code = ([A-Za-z]+) desc = .+/;
const zoneless = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

describe("the provisioner", () => {
  let platform: Platform;
  let workspace = "";
  let job = "";

  const connect = async () => {
    const services = platform.service.registrations;
    const server = await startGrpcServer({ address: "127.0.0.1:0", services });
    onTestFinished(() => server.close());
    const bare = bareClient(server.address);
    const path = (method: string) => `/provisioner.v1.ProvisionerService/${method}`;
    return {
      call: (method: string, message: WireMessage = []) => bare.unary(path(method), message),
      stream: (method: string, message: WireMessage) => bare.serverStream(path(method), message),
    };
  };
  const events = (frames: readonly WireFields[], type?: string) =>
    frames
      .flatMap((frame) => frame.messages(2))
      .filter((event) => type === undefined || event.text(1) === type);
  const record = async () => {
    const entry = await platform.jobs.get(job);
    const parsed: Record<string, unknown> = JSON.parse(entry?.value ?? "{}");
    return parsed;
  };

  /** Every value that was ever written for a job, as whoever watches the bucket sees it. */
  const written: Array<Record<string, unknown>> = [];
  const watching = new AbortController();

  beforeAll(async () => {
    await buildDaemon();
    platform = await openPlatform();
    const watch = async () => {
      for await (const event of platform.jobs.watch({ signal: watching.signal }))
        if (event.type === "put") written.push(JSON.parse(event.value));
    };
    void watch().catch(() => {});
  });
  afterAll(async () => {
    watching.abort();
    await platform?.discard();
  });

  test.each([
    ["~dev", "n/a", "InvalidArgument"],
    ["alice~dev+ns=x", "n/a", "InvalidArgument"],
    ["admin~dev%2Bx", "n/a", "InvalidArgument"],
    ["admin~pod=Workspace1+ns=team-a", "workspace1", "InvalidArgument"],
    ["nobody~dev", "nobody-e4a1ca8", "NotFound"],
    ["admin~nothing", /^admin-[0-9a-f]{7}$/, "NotFound"],
    ["admin~base", /^admin-[0-9a-f]{7}$/, "InvalidArgument"],
  ])("what cannot begin is told in one handshake and status OK: %s", async (userstr, name, code) => {
    const { stream } = await connect();
    const call = stream("ProvisionWorkspaceStream", [[1, userstr]]);
    expect((await call.ended).code).toBe(status.OK);
    expect(call.frames).toHaveLength(1);
    const [handshake] = call.frames[0]?.messages(1) ?? [];
    if (name !== "nobody-e4a1ca8") expect(handshake?.text(1)).toMatch(name);
    expect(handshake?.numbers).not.toContain(2);
    expect(inBand.exec(handshake?.text(3) ?? "")?.[1]).toBe(code);
  });

  test("a handshake without error comes first, then status, progress and events; the end is OK", async () => {
    const { stream } = await connect();
    const call = stream("ProvisionWorkspaceStream", [
      [1, "Admin~dev+user=root"],
      [2, 30],
      [3, true],
      [4, true],
    ]);
    await eventually(() => (call.frames.length > 0 ? true : undefined));
    const [handshake] = call.frames[0]?.messages(1) ?? [];
    workspace = handshake?.text(1) ?? "";
    job = handshake?.text(2) ?? "";
    expect(handshake?.numbers).toEqual([1, 2]);
    expect(job).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect((await call.ended).code).toBe(status.OK);

    expect(call.frames.slice(1).every((frame) => frame.numbers.join() === "2")).toBe(true);
    for (const event of events(call.frames)) expect(event.text(2)).toMatch(zoneless);
    const words = events(call.frames, "status").map((event) => event.text(4));
    expect(words[0]).toBe("Starting");
    expect(words.slice(-2)).toEqual(["Running", "Running"]);
    const percents = events(call.frames, "progress").map((event) => Number(event.text(4)));
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(percents.at(-1)).toBe(100);
    expect(events(call.frames, "event").length).toBeGreaterThan(0);
  });

  test("its record has the documented keys and no others", async () => {
    const { events: list, ...rest } = await record();
    expect(Object.keys(rest).sort()).toEqual([
      "createdAt",
      "finishedAt",
      "id",
      "status",
      "updatedAt",
      "username",
      "workspaceName",
    ]);
    expect(rest).toMatchObject({ id: job, status: "completed", username: "admin", workspaceName: workspace });
    for (const key of ["createdAt", "updatedAt", "finishedAt"]) expect(rest[key]).toMatch(rfc3339);
    const entries: Array<Record<string, unknown>> = Array.isArray(list) ? list : [];
    expect(entries.map(({ id }) => id)).toEqual(entries.map((_, index) => index + 1));
    const known = ["id", "type", "timestamp", "objectName", "message", "status"];
    for (const entry of entries) {
      expect(known).toEqual(expect.arrayContaining(Object.keys(entry)));
      expect(entry.timestamp).toMatch(zoneless);
      expect(["event", "status", "progress"]).toContain(entry.type);
    }
  });

  test("the record is first written as running, with an end in year 1, and then only grows", async () => {
    const [first] = written;
    expect(first).toMatchObject({ id: job, status: "running", finishedAt: "0001-01-01T00:00:00Z" });
    const texts = written.map(({ events: list }) => JSON.stringify(list ?? []).slice(0, -1));
    for (const [index, text] of texts.entries()) {
      const before = texts[index - 1];
      if (before !== undefined) expect(text.startsWith(before)).toBe(true);
    }
    expect(written.slice(0, -1).every(({ status: word }) => word === "running")).toBe(true);
  });

  test("its details name host, port and job; no replica numbers, no TLS, no workload", async () => {
    const { call } = await connect();
    const { response } = await call("FindWorkspace", [[1, workspace]]);
    expect(response.text(3)).toBe(workspace);
    expect(response.text(10)).toMatch(new RegExp(`^${workspace}\\.`));
    expect(response.text(11)).toMatch(/^[\d.]+$/);
    expect(response.number(12)).toBe(2822);
    expect(response.text(18)).toBe(job);
    expect(response.text(20)).toBe("dev");
    expect(response.text(21)).toBe("standalone");
    for (const absent of [6, 7, 8, 13, 22, 23, 24, 25]) expect(response.numbers).not.toContain(absent);
    const [state] = response.messages(1);
    expect(state?.text(2)).toBe("Running");
    const found = await call("GetWorkspacesByUserStr", [[1, "admin~dev"]]);
    expect(found.response.messages(1).map((details) => details.text(3))).toEqual([workspace]);
    const implicit = await call("GetWorkspacesByUserStr", [[1, "admin"]]);
    expect(implicit.response.messages(1)).toHaveLength(1);
    expect((await call("GetWorkspacesByUserStr", [[1, "admin~foo=bar"]])).code).toBe(status.INVALID_ARGUMENT);
  });

  test("what runs is neither provisioned nor started again, which is told in the handshake", async () => {
    const { stream } = await connect();
    for (const call of [
      stream("ProvisionWorkspaceStream", [[1, "admin~dev"]]),
      stream("StartWorkspaceStream", [[1, workspace]]),
    ]) {
      expect((await call.ended).code).toBe(status.OK);
      const [handshake] = call.frames[0]?.messages(1) ?? [];
      expect(handshake?.text(1)).toBe(workspace);
      expect(handshake?.text(3)).toMatch(/^rpc error: code = AlreadyExists desc = /);
    }
    const unknown = stream("StartWorkspaceStream", [[1, "admin-0000000"]]);
    await unknown.ended;
    expect(unknown.frames[0]?.messages(1)[0]?.text(3)).toMatch(/^rpc error: code = NotFound desc = /);
  });

  test("lists: exact names, no filters on repositories, everything without a page", async () => {
    const { call } = await connect();
    const names = async (...request: WireMessage) =>
      (await call("GetWorkspaces", request)).response.messages(1).map((details) => details.text(3));
    expect(await names()).toEqual([workspace]);
    expect(await names([1, workspace.slice(0, -1)])).toEqual([]);
    expect(await names([2, "bob"], [2, "admin"])).toEqual([workspace]);
    for (const field of [5, 6, 7]) {
      expect((await call("GetWorkspaces", [[field, "x"]])).code).toBe(status.UNIMPLEMENTED);
    }
    const query = async (name: string, value: string) =>
      (
        await call("QueryWorkspaces", [
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
    expect(await query("roles", '["admin"]')).toBe(1);
    expect(await query("roles", '["developer"]')).toBe(0);
    expect(await query("org", "default")).toBe(1);
    expect(await query("username", "bob")).toBe(0);
    expect((await call("QueryWorkspaces")).response.messages(1)).toHaveLength(1);
  });

  test("the schema has the documented fields, types and operators", async () => {
    const { fields, defaultSort } = await platform.provisioner.getWorkspacesQuerySchema({});
    const { EQ, NE, IN, EXISTS, GT, GTE, LT, LTE } = Operator;
    const table = Object.fromEntries(fields.map(({ name, type, operators }) => [name, { type, operators }]));
    const plain = { type: FieldType.STRING, operators: [EQ, NE, IN] };
    for (const name of [
      "name",
      "username",
      "organization",
      "blueprint",
      "origin",
      "namespace",
      "status",
      "workspace_type",
    ]) {
      expect(table[name], name).toEqual(plain);
    }
    for (const name of ["repo_owner", "repo_name", "repo_ref", "workload_kind", "workload_name"]) {
      expect(table[name], name).toEqual({ type: FieldType.STRING, operators: [EQ, NE, IN, EXISTS] });
    }
    for (const name of ["cpu", "memory"]) {
      expect(table[name], name).toEqual({ type: FieldType.STRING, operators: [EQ, NE, GT, GTE, LT, LTE] });
    }
    expect(table.created?.type).toBe(FieldType.DATETIME);
    expect(fields).toHaveLength(16);
    expect(defaultSort).toMatchObject([{ field: "name", dir: 1 }]);
  });

  test("what is not there is NOT_FOUND, a delay of more than a minute INVALID_ARGUMENT, injection has no cluster", async () => {
    const { call } = await connect();
    for (const method of ["FindWorkspace", "StopWorkspace", "DeleteWorkspace"]) {
      expect((await call(method, [[1, "admin-0000000"]])).code, method).toBe(status.NOT_FOUND);
    }
    expect(
      (
        await call("DeleteWorkspace", [
          [1, workspace],
          [2, 61],
        ])
      ).code,
    ).toBe(status.INVALID_ARGUMENT);
    expect(
      (
        await call("EjectWorkspace", [
          [2, "ns"],
          [4, "web"],
        ])
      ).code,
    ).toBe(status.FAILED_PRECONDITION);
    expect((await call("ListInjectWorkloads", [[2, "cronjob"]])).code).toBe(status.INVALID_ARGUMENT);
    const namespaces = await call("ListInjectNamespaces");
    expect(namespaces).toMatchObject({ code: status.OK });
    expect(namespaces.response.numbers).toEqual([]);
  });

  test("a stop keeps it in the list without an address; a start has a new token and the old job", async () => {
    const { call, stream } = await connect();
    const tokenOf = async () => {
      const { tokens } = await platform.identity.listAccessTokens({ username: "admin" });
      return tokens.find(({ name }) => name === workspace);
    };
    const before = await tokenOf();
    expect((await call("StopWorkspace", [[1, workspace]])).code).toBe(status.OK);
    const { response } = await call("FindWorkspace", [[1, workspace]]);
    expect(response.numbers).not.toContain(11);
    expect(response.messages(1)[0]?.text(2)).toBe("Stopped");
    expect(await tokenOf()).toBeUndefined();

    const { finishedAt } = await record();
    written.length = 0;
    const starting = stream("StartWorkspaceStream", [[1, workspace]]);
    await eventually(() => (starting.frames.length > 0 ? true : undefined));
    expect(starting.frames[0]?.messages(1)[0]?.text(2)).toBe(job);
    expect((await starting.ended).code).toBe(status.OK);
    expect(written[0]).toMatchObject({ id: job, status: "running", finishedAt });
    expect((await record()).finishedAt).not.toBe(finishedAt);
    expect(new Set(events(starting.frames).map((event) => event.text(1)))).toEqual(new Set(["status"]));
    expect((await tokenOf())?.tokenPreview).not.toBe(before?.tokenPreview);
    expect((await call("DeleteUserWorkspaces", [[1, "admin"]])).response.text(2)).toBe(workspace);
    await eventually(async () =>
      (await call("FindWorkspace", [[1, workspace]])).code === status.NOT_FOUND ? true : undefined,
    );
  });
});
