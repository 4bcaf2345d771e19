import { once } from "node:events";
import { type RouteSpec, routes } from "@k8shell/contract";
import pino from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Changes, createChanges } from "../src/events/changes.ts";
import { createQueryTable } from "../src/events/query-table.ts";
import { createSharedQueries } from "../src/events/shared-queries.ts";
import { ApiError } from "../src/http/api-error.ts";
import { type BoundRoute, bind, type HandlerResult, handled, json } from "../src/http/handler.ts";
import { createHttpServer } from "../src/http/server.ts";
import { createLiveConnections } from "../src/live/live-connections.ts";
import { eventRoutes } from "../src/routes/events.ts";
import { beginTextStream } from "../src/routes/text-stream.ts";
import { openEvents } from "./events-fixture.ts";
import { alice } from "./workspace-fixture.ts";

/** Followed at news only: time alone changes nothing here. */
const onNews = <R extends RouteSpec>(spec: R): R => ({
  ...spec,
  watch: { everySeconds: 3_600, on: ["jobs"] },
});

/** A server whose followed routes are those of the test, behind the real guard and sockets. */
const start = async (bound: readonly BoundRoute[], patienceMs?: number) => {
  const changes: Changes = createChanges();
  const table = createQueryTable();
  const live = createLiveConnections();
  const log = pino({ level: "silent" });
  const callerAgain = async () => ({ principal: alice, endsAt: undefined });
  const shared = createSharedQueries({ callerAgain, changes, log, pauseMs: 0 });
  const server = createHttpServer({
    authenticate: () => alice,
    authorize: async () => ({}),
    lookup: {
      workspace: async () => {
        throw new ApiError("not_found", "none");
      },
      job: async () => undefined,
    },
    live,
    origins: { publicOrigins: new Set() },
    followed: table,
    onChange: ({ tag }, { username }) => changes.tell({ topic: tag, username }),
    routes: [
      ...bound,
      ...eventRoutes({
        ...{ table, shared, callerAgain, rateLimits: undefined },
        ...(patienceMs === undefined ? {} : { patienceMs }),
      }),
    ],
    log,
  });
  const port = await server.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(async () => {
    shared.close();
    await server.close(500);
    live.close();
  });
  return {
    changes,
    shared,
    live,
    url: `http://127.0.0.1:${port}`,
    news: () => changes.tell({ topic: "jobs" }),
  };
};

const follow = (id: string, mode: "state" | "stream", path: string) =>
  ({ type: "subscribe", id, path, mode }) as const;

describe("states", () => {
  it("are looked at once for everybody with the same credential", async () => {
    let looks = 0;
    const gate = Promise.withResolvers<void>();
    const { url } = await start([
      bind(onNews(routes.listMyKeys), async () => {
        looks += 1;
        await gate.promise;
        return json(200, []);
      }),
      bind(onNews(routes.listMyTokens), () => json(200, [])),
    ]);
    const clients = await Promise.all(Array.from({ length: 20 }, () => openEvents(url)));
    for (const client of clients) {
      client.send(follow("keys", "state", "/me/keys"));
      client.send(follow("tokens", "state", "/me/tokens"));
    }
    // What came before on the same socket has been dealt with when this is answered.
    await Promise.all(clients.map((client) => client.next("tokens", "state")));
    gate.resolve();
    await Promise.all(clients.map((client) => client.next("keys", "state")));
    expect(looks).toBeLessThanOrEqual(2);
  });

  it("are looked at no longer when nobody follows them", async () => {
    const { url, shared } = await start([bind(onNews(routes.listMyKeys), () => json(200, []))]);
    const client = await openEvents(url);
    client.send(follow("a", "state", "/me/keys"));
    client.send(follow("b", "state", "/me/keys"));
    await client.next("a", "state");
    expect(shared.size).toBe(1);
    client.send({ type: "unsubscribe", id: "a" });
    client.socket.close();
    await client.closed;
    await expect.poll(() => shared.size).toBe(0);
  });

  it("are looked at again after a change, also one whose answer was written by its handler", async () => {
    let tokens = ["one", "two"];
    const { url } = await start([
      bind(onNews(routes.listMyTokens), () => json(200, tokens)),
      bind(routes.revokeMyToken, ({ reply }) => {
        tokens = ["one"];
        reply.raw.writeHead(200, { "content-length": 0 }).end();
        return handled;
      }),
    ]);
    const client = await openEvents(url);
    client.send(follow("a", "state", "/me/tokens"));
    expect(await client.next("a", "state")).toMatchObject({ body: ["one", "two"] });
    await fetch(`${url}/api/v1/me/tokens/7`, { method: "DELETE" });
    expect(await client.next("a", "state")).toMatchObject({ body: ["one"] });
  });

  it("tell of an outage once, and that it is over even when nothing has changed", async () => {
    let away = false;
    let looks = 0;
    const { url, news } = await start([
      bind(onNews(routes.listMyKeys), () => {
        looks += 1;
        if (away) throw new ApiError("unavailable", "later", { headers: { "retry-after": "2" } });
        return json(200, ["same"]);
      }),
    ]);
    const client = await openEvents(url);
    client.send(follow("a", "state", "/me/keys"));
    const { etag } = await client.next("a", "state");
    away = true;
    news();
    expect(await client.next("a", "problem")).toMatchObject({
      status: 503,
      msg: "later",
      retryAfterMs: 2000,
    });
    const before = looks;
    news();
    await expect.poll(() => looks).toBeGreaterThan(before);
    away = false;
    news();
    expect(await client.next("a", "state")).toEqual({ type: "state", id: "a", etag });
    expect(client.rest).toEqual([]);
  });

  it("that a client does not read in time are left out for newer ones", async () => {
    let version = 0;
    const pad = "x".repeat(1 << 20);
    const { url, news } = await start([
      bind(onNews(routes.listMyKeys), () => json(200, [{ version: ++version, pad }])),
    ]);
    const client = await openEvents(url);
    client.send(follow("a", "state", "/me/keys"));
    await client.next("a", "state");
    client.socket.pause();
    const last = 200;
    while (version < last) {
      const seen = version;
      news();
      await expect.poll(() => version, { interval: 1 }).toBeGreaterThan(seen);
    }
    client.socket.resume();
    let got = 0;
    for (let newest = 0; newest < version; got += 1) {
      const { body } = await client.next("a", "state");
      newest = (body as { version: number }[])[0]?.version ?? 0;
    }
    // What fits in the sockets' own buffers is under way already.
    expect(got).toBeLessThan(last / 2);
  });
});

describe("streams", () => {
  /** Counts without end, as fast as it may. */
  const counting = () => {
    const seen = { written: 0, ended: false };
    const route = bind(routes.getWorkspaceLogs, async (context): Promise<HandlerResult> => {
      const stream = beginTextStream(context, "logs", "application/x-ndjson");
      while (await stream.write(`{"n":${seen.written + 1}}\n`)) seen.written += 1;
      seen.ended = true;
      return handled;
    });
    return { seen, route: { ...route, spec: { ...route.spec, permission: routes.openEvents.permission } } };
  };

  it("send no more than the window without an acknowledgement, and end with their subscription", async () => {
    const { seen, route } = counting();
    const { url, live } = await start([route]);
    const client = await openEvents(url);
    client.send(follow("a", "stream", "/workspaces/w/logs"));
    for (let n = 1; n <= 64; n += 1) {
      expect(await client.next("a", "event")).toEqual({ type: "event", id: "a", seq: n, data: { n } });
    }
    expect(seen.written).toBe(64);
    expect(client.rest).toEqual([]);
    expect(live.countOf("logs")).toBe(1);
    client.send({ type: "ack", id: "a", seq: 10 });
    for (let n = 65; n <= 74; n += 1) expect(await client.next("a", "event")).toMatchObject({ seq: n });
    expect(seen.written).toBe(74);
    client.send({ type: "unsubscribe", id: "a" });
    await expect.poll(() => seen.ended).toBe(true);
    expect(live.countOf("logs")).toBe(0);
  });

  it("end when the caller may have them no longer, and leave the socket", async () => {
    const { seen, route } = counting();
    const { url, live } = await start([route]);
    const client = await openEvents(url);
    client.send(follow("a", "stream", "/workspaces/w/logs"));
    await client.next("a", "event");
    live.closeWhere(({ kind }) => kind === "logs", "the workspace was stopped");
    const error = await client.next("a", "error");
    expect(error).toMatchObject({ status: 403, msg: "The stream was closed: the workspace was stopped." });
    expect(seen.ended).toBe(true);
    client.send(follow("b", "stream", "/workspaces/w/logs"));
    await client.next("b", "event");
  });

  it("end the socket of a client that acknowledges what it was not sent", async () => {
    const { url } = await start([counting().route]);
    const client = await openEvents(url);
    client.send(follow("a", "stream", "/workspaces/w/logs"));
    await client.next("a", "event");
    client.send({ type: "ack", id: "a", seq: 65_000 });
    expect(await client.closed).toBe("1007 an event that was not sent");
  });
});

it("cuts off a client that reads nothing of what it asked for", async () => {
  const { url, live } = await start(
    [bind(onNews(routes.listMyKeys), () => json(200, ["x".repeat(6 << 20)]))],
    50,
  );
  const client = await openEvents(url);
  client.socket.pause();
  for (const id of ["a", "b", "c"]) client.send(follow(id, "state", "/me/keys"));
  await expect.poll(() => live.countOf("events")).toBe(0);
  client.socket.resume();
  await once(client.socket, "close");
});
