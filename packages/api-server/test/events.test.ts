import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { allRoutes, type RouteSpec } from "@k8shell/contract";
import { sqliteKv } from "@k8shell/kv";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { bearer } from "./assembled.ts";
import { casesOf, everyScopeBut, scopesOf } from "./authorization-cases.ts";
import { type EventsClient, openEvents } from "./events-fixture.ts";
import { type GatewayHarness, startGateway } from "./gateway-harness.ts";

let gateway: GatewayHarness;
let replica: Awaited<ReturnType<GatewayHarness["replica"]>>;
let admin: string;
let alice: string;
let mallory: string;
let store: ReturnType<typeof sqliteKv>;

beforeAll(async () => {
  gateway = await startGateway({
    config: (config) => ({ ...config, limits: { ...config.limits, enabled: false } }),
  });
  replica = await gateway.replica();
  admin = await gateway.token("admin", ["*"], "events");
  alice = await gateway.addUser("alice");
  mallory = await gateway.addUser("mallory");
  gateway.addWorkspace("alice-1", "alice");
  store = sqliteKv({ file: join(gateway.dataDir, "kv.db") });
});
afterAll(async () => {
  await store.close();
  await gateway.close();
});

const job = (id: string, events: number, status = "running") => ({
  id,
  workspaceName: "alice-1",
  username: "alice",
  status,
  createdAt: new Date().toISOString(),
  updatedAt: new Date().toISOString(),
  finishedAt: "0001-01-01T00:00:00Z",
  events: Array.from({ length: events }, (_, index) => ({
    id: index + 1,
    type: "event",
    timestamp: "2026-01-01 00:00:00",
    message: `event ${index + 1}`,
  })),
});
/** Writes a job as the provisioner does, from outside of this server. */
const putJob = async (id: string, events: number, status?: string) =>
  (await store.bucket("workspace-provision-jobs")).put(id, JSON.stringify(job(id, events, status)));

let ids = 0;
const subscribe = (client: EventsClient, path: string, more: object = {}) => {
  const id = `s${++ids}`;
  client.send({ type: "subscribe", id, path, ...more });
  return id;
};

describe("a state that is followed", () => {
  it("comes as the GET answers it, and again when it has changed", async () => {
    const client = await openEvents(gateway.url, bearer(alice));
    const id = subscribe(client, "/me/tokens");
    const first = await client.next(id, "state");
    const response = await gateway.api("GET", "/me/tokens", { token: alice });
    expect(first.etag).toBe(response.headers.get("etag"));
    expect(first.body).toEqual(await response.json());
    const made = await gateway.api("POST", "/me/tokens", {
      token: alice,
      json: { name: "made-meanwhile", scopes: ["workspace:read"] },
    });
    expect(made.status).toBe(201);
    const second = await client.next(id, "state");
    expect(JSON.stringify(second.body)).toContain("made-meanwhile");
  });

  it("comes without its body when the client has it already", async () => {
    const client = await openEvents(gateway.url, bearer(alice));
    const { etag } = await client.next(subscribe(client, "/workspaces/alice-1"), "state");
    const again = await client.next(subscribe(client, "/api/v1/workspaces/alice-1", { etag }), "state");
    expect(again).toEqual({ type: "state", id: again.id, etag });
  });

  it("changes also when another replica or service has changed it", async () => {
    await putJob("job-state", 1);
    const client = await openEvents(replica.url, bearer(alice));
    const id = subscribe(client, "/jobs/job-state");
    expect((await client.next(id, "state")).body).toMatchObject({ events: [{ id: 1 }] });
    await putJob("job-state", 2);
    expect((await client.next(id, "state")).body).toMatchObject({ events: [{ id: 1 }, { id: 2 }] });
  });

  it("ends when what it is about is gone, and not for what passes", async () => {
    await putJob("job-gone", 1);
    const client = await openEvents(gateway.url, bearer(alice));
    const id = subscribe(client, "/jobs/job-gone");
    await client.next(id, "state");
    await (await store.bucket("workspace-provision-jobs")).delete("job-gone");
    expect(await client.next(id, "error")).toMatchObject({ status: 404, code: "not_found" });
    // The workspace has no daemon here: that may change.
    const away = subscribe(client, "/workspaces/alice-1/sysinfo");
    expect(await client.next(away, "problem", "error")).toMatchObject({ type: "problem" });
  });

  it("is told no more after it was unsubscribed", async () => {
    const client = await openEvents(gateway.url, bearer(alice));
    const id = subscribe(client, "/me/keys");
    await client.next(id, "state");
    client.send({ type: "unsubscribe", id });
    const other = subscribe(client, "/me/tokens");
    await client.next(other, "state");
    await gateway.api("POST", "/me/tokens", {
      token: alice,
      json: { name: "after-unsubscribing", scopes: ["workspace:read"] },
    });
    await client.next(other, "state");
    expect(client.rest).toEqual([]);
  });
});

describe("a stream that is followed", () => {
  it("sends the events of a job until it ends, and goes on after the last one that was seen", async () => {
    await putJob("job-stream", 2);
    const client = await openEvents(gateway.url, bearer(alice));
    const id = subscribe(client, "/jobs/job-stream", { mode: "stream" });
    expect(await client.next(id, "event")).toMatchObject({
      seq: 1,
      eventId: "1",
      data: { message: "event 1" },
    });
    expect(await client.next(id, "event")).toMatchObject({ seq: 2, eventId: "2" });
    await putJob("job-stream", 3, "completed");
    expect(await client.next(id, "event")).toMatchObject({ seq: 3, eventId: "3" });
    await client.next(id, "end");
    const resumed = subscribe(client, "/jobs/job-stream", { mode: "stream", lastEventId: "2" });
    expect(await client.next(resumed, "event")).toMatchObject({ seq: 1, eventId: "3" });
    await client.next(resumed, "end");
  });
});

describe("who may follow", () => {
  const ownPath = (spec: RouteSpec, params: Readonly<Record<string, string>> = {}) => {
    const values: Record<string, string> = {
      username: "alice",
      name: "alice-1",
      job_id: "job-own",
      ...params,
    };
    return spec.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));
  };
  const followed = allRoutes.flatMap((spec) => [
    ...(spec.watch ? [{ id: spec.operationId, mode: "state", spec } as const] : []),
    ...(spec.follow ? [{ id: spec.operationId, mode: "stream", spec } as const] : []),
  ]);
  const tokens = new Map<string, string>();
  beforeAll(async () => {
    await putJob("job-own", 1, "completed");
    for (const { id, spec } of new Map(followed.map((item) => [item.id, item])).values()) {
      const [item] = casesOf(id);
      if (!item) throw new Error(`${id} has no cases`);
      const needed = scopesOf(spec, item);
      const holder = item.who.includes("o") ? "alice" : "admin";
      tokens.set(id, await gateway.token(holder, everyScopeBut(item.anyScope ?? needed), `not-${id}`));
    }
  });

  test.each(followed)("$id is decided like the request ($mode)", async ({ id, mode, spec }) => {
    const requests = casesOf(id).map(({ params, query }) => {
      const search = new URLSearchParams(query);
      return `${ownPath(spec, params)}${search.size > 0 ? `?${search}` : ""}`;
    });
    for (const token of [alice, mallory, admin, tokens.get(id) ?? ""]) {
      const client = await openEvents(gateway.url, bearer(token));
      for (const path of requests) {
        const accept = mode === "stream" ? "text/event-stream" : "application/json";
        const abort = new AbortController();
        const answer = await gateway.api("GET", path, { token, headers: { accept }, signal: abort.signal });
        abort.abort();
        const refused = [401, 403].includes(answer.status) ? answer.status : undefined;
        const message = await client.next(
          subscribe(client, path, { mode }),
          "state",
          "event",
          "end",
          "problem",
          "error",
        );
        const status =
          "status" in message && [401, 403].includes(message.status) ? message.status : undefined;
        expect(status, `${path}: ${JSON.stringify(message).slice(0, 300)}`).toBe(refused);
      }
    }
  });

  it("nobody without a credential, and no page of another site", async () => {
    await expect(openEvents(gateway.url)).rejects.toThrow("401");
    const cookie = await gateway.signIn("alice");
    const origin = "https://evil.example";
    await expect(openEvents(gateway.url, { cookie, origin })).rejects.toThrow("403");
    const own = await openEvents(gateway.url, { cookie, origin: gateway.url });
    await own.next(subscribe(own, "/me/profile"), "state");
  });

  it("nobody whose token was deleted, on every replica", async () => {
    const token = await gateway.token("alice", ["*"], "to-delete");
    const client = await openEvents(replica.url, bearer(token));
    await client.next(subscribe(client, "/me/tokens"), "state");
    const listed = (await (await gateway.api("GET", "/me/tokens", { token: alice })).json()) as {
      id: number;
      name: string;
    }[];
    const found = listed.find(({ name }) => name === "to-delete");
    await gateway.api("DELETE", `/me/tokens/${found?.id}`, { token: alice });
    expect(await client.closed).toMatch(/^1008/);
  });

  it("nobody who may no longer, while the socket stays", async () => {
    const erin = await gateway.addUser("erin");
    const client = await openEvents(gateway.url, bearer(erin));
    const [keys, profile] = [subscribe(client, "/me/keys"), subscribe(client, "/me/profile")];
    await client.next(keys, "state");
    await client.next(profile, "state");
    const policy = `forbid (principal == User::"erin", action == Action::"user:read", resource) when { context.data_type == "keys" };`;
    await writeFile(join(gateway.dataDir, "policies", "90-no-keys.cedar"), policy);
    expect(await client.next(keys, "error")).toMatchObject({ status: 403 });
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });
});

describe("the protocol", () => {
  it.each([
    ["1003 messages are text", (client: EventsClient) => client.socket.send(Buffer.from("{}"))],
    ["1007 not a message of this protocol", (client: EventsClient) => client.socket.send("{}")],
    [
      "1009 messages have at most 16384 bytes",
      (client: EventsClient) => client.socket.send(" ".repeat(20_000)),
    ],
    [
      "1007 the id twice is in use",
      (client: EventsClient) => {
        client.send({ type: "subscribe", id: "twice", path: "/me/keys" });
        client.send({ type: "subscribe", id: "twice", path: "/me/keys" });
      },
    ],
  ])("closes with %s", async (reason, act) => {
    const client = await openEvents(gateway.url, bearer(alice));
    act(client);
    expect(await client.closed).toBe(reason);
  });

  it("refuses what cannot be followed, and goes on", async () => {
    const client = await openEvents(gateway.url, bearer(alice));
    for (const [path, mode, status] of [
      ["/nothing/here", "state", 404],
      ["/me/credentials/git", "state", 404],
      ["/workspaces/alice-1/logs", "state", 400],
      ["/workspaces", "stream", 400],
      ["/workspaces/%E0%A4%A", "state", 404],
      ["/workspaces?all=perhaps", "state", 400],
    ] as const) {
      expect(await client.next(subscribe(client, path, { mode }), "error"), path).toMatchObject({ status });
    }
    await client.next(subscribe(client, "/me/keys"), "state");
  });

  it("limits the subscriptions of a socket, and takes new ones for old ones", async () => {
    const client = await openEvents(gateway.url, bearer(alice));
    const first = Array.from({ length: 128 }, () => subscribe(client, "/me/keys"));
    expect(await client.next(subscribe(client, "/me/keys"), "error")).toMatchObject({ status: 429 });
    client.send({ type: "unsubscribe", id: first[0] ?? "" });
    await client.next(subscribe(client, "/me/keys"), "state");
  });

  it("tells browsers to go elsewhere when the server stops", async () => {
    const leaving = await gateway.replica();
    const client = await openEvents(leaving.url, bearer(alice));
    await client.next(subscribe(client, "/me/keys"), "state");
    const closed = leaving.gateway.server.close(500);
    expect(await client.closed).toMatch(/^1012/);
    await closed;
  });
});
