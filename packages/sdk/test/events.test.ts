import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { EventsClientMessage, EventsServerMessage } from "@k8shell/contract";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { type CuttableProxy, startCuttableProxy } from "../../../test/e2e/cuttable-proxy.ts";
import { discard, newDataDir, type RunningServer, startServerProcess } from "../../../test/e2e/harness.ts";
import { takeWebAppPort } from "../../../test/e2e/web-app-port.ts";
import { type Client, createClient, type K8shellError, pathOf } from "../src/index.ts";
import type { WebSocketLike } from "../src/socket/web-socket.ts";

let server: RunningServer;
let proxy: CuttableProxy;
let client: Client;

beforeAll(async () => {
  server = await startServerProcess(await newDataDir());
  proxy = await startCuttableProxy(server.url);
  client = createClient({ server: proxy.url, token: () => server.adminToken() });
});
afterEach(() => client.events().close());
afterAll(async () => {
  await proxy.close();
  await discard(server);
});

/** What a followed answer tells, in order. */
const followed = <T>(path: string) => {
  const told: unknown[] = [];
  const waiting = new Set<() => void>();
  const tell = (what: unknown) => {
    told.push(what);
    for (const look of waiting) look();
  };
  const stop = client.events().follow<T>(path, {
    onState: (state) => tell(state),
    onProblem: ({ code }) => tell(`problem ${code}`),
    onRecovered: () => tell("recovered"),
    onError: ({ status, code }: K8shellError) => tell(`error ${status} ${code}`),
  });
  onTestFinished(stop);
  const next = async (): Promise<unknown> => {
    while (told.length === 0) await new Promise<void>((resume) => waiting.add(resume));
    return told.shift();
  };
  return { next, stop, told };
};
const names = (state: unknown) => (state as { name: string }[]).map(({ name }) => name);

test("an answer that is followed comes at first and when it has changed, by its operation's type", async () => {
  const seen: string[][] = [];
  for await (const keys of client.events().states(pathOf("listMyTokens"))) {
    seen.push(keys.map(({ name }) => name ?? ""));
    if (seen.length === 2) break;
    await client.api.createMyToken({ body: { name: "made-meanwhile", scopes: ["workspace:read"] } });
  }
  expect(seen[0]).not.toContain("made-meanwhile");
  expect(seen[1]).toContain("made-meanwhile");
});

test("many answers are followed over one connection, which is given up after the last", async () => {
  const before = proxy.accepted;
  const all = Array.from({ length: 20 }, (_, index) =>
    followed(`/me/keys?format=${index % 2 ? "digest" : "normal"}`),
  );
  for (const one of all) expect(await one.next()).toEqual([]);
  expect(proxy.accepted).toBe(before + 1);
  expect(client.events().status).toBe("open");
  for (const one of all) one.stop();
  const idle = new Promise<void>((resolve) =>
    client.events().onStatus((status) => status === "idle" && resolve()),
  );
  client.events().close();
  await idle;
});

test("a lost connection is told as a problem and made again; what has not changed is not sent again", async () => {
  const tokens = followed(pathOf("listMyTokens"));
  const first = await tokens.next();
  proxy.cut({ stay: true });
  expect(await tokens.next()).toBe("problem network_error");
  proxy.mend();
  expect(await tokens.next()).toBe("recovered");
  proxy.cut({ stay: true });
  expect(await tokens.next()).toBe("problem network_error");
  const direct = createClient({ server: server.url, token: await server.adminToken() });
  await direct.api.createMyToken({ body: { name: "made-while-away", scopes: ["workspace:read"] } });
  proxy.mend();
  expect(names(await tokens.next())).toEqual([...names(first), "made-while-away"]);
});

test("a stream with ids goes on where a lost connection left it", async () => {
  const { jobId, ready, workspace } = await client.createWorkspace({ username: "admin", blueprint: "dev" });
  await ready();
  const ids: (string | undefined)[] = [];
  for await (const { eventId } of client.events().stream(`/jobs/${jobId}`)) {
    ids.push(eventId);
    if (ids.length === 2) proxy.cut();
  }
  const { events = [] } = await client.api.getJob({ job_id: jobId });
  expect(ids).toEqual(events.map(({ id }) => String(id)));
  const rest = [];
  for await (const { eventId } of client.events().stream(`/jobs/${jobId}`, { lastEventId: ids.at(-2) ?? "" }))
    rest.push(eventId);
  expect(rest).toEqual(ids.slice(-1));

  // One without ids cannot: that is an error, not a gap.
  await takeWebAppPort();
  await client.api.startApp({ name: workspace, app: "web" });
  for await (const apps of client.events().states(pathOf("listApps", { name: workspace }))) {
    if (apps.find(({ name }) => name === "web")?.status === "RUNNING") break;
  }
  const logs = client.events().stream<string>(`/workspaces/${workspace}/apps/web/logs?follow=true`);
  expect((await logs.next()).value).toMatchObject({ data: expect.stringContaining("serving") });
  proxy.cut();
  const rested = async () => {
    for await (const _ of logs);
  };
  await expect(rested()).rejects.toMatchObject({ code: "network_error" });
  // It was all that was followed: nothing is left that could close the connection of what is followed next.
  expect(client.events().status).toBe("idle");
  await client.api.stopApp({ name: workspace, app: "web" });
});

test("more events than the window are taken by acknowledging them", async () => {
  const total = 200;
  const streamWindow = 64;
  const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(sockets, "listening");
  onTestFinished(() => void sockets.close());
  let ahead = 0;
  sockets.on("connection", (socket) => {
    const send = (message: EventsServerMessage) => socket.send(JSON.stringify(message));
    let sent = 0;
    const go = (id: string, acknowledged: number) => {
      ahead = Math.max(ahead, sent - acknowledged);
      while (sent < Math.min(total, acknowledged + streamWindow))
        send({ type: "event", id, seq: ++sent, data: sent });
      if (sent === total) send({ type: "end", id });
    };
    socket.on("message", (data) => {
      const message: EventsClientMessage = JSON.parse(data.toString());
      if (message.type === "subscribe") go(message.id, 0);
      if (message.type === "ack") go(message.id, message.seq);
    });
    send({ type: "ready", maxSubscriptions: 1, maxMessageBytes: 1000, streamWindow });
  });
  const port = (sockets.address() as AddressInfo).port;
  const { events } = createClient({ server: `http://127.0.0.1:${port}` });
  onTestFinished(() => events().close());
  const got: unknown[] = [];
  for await (const { data } of events().stream("/numbers")) got.push(data);
  expect(got).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  expect(ahead).toBeLessThanOrEqual(streamWindow);
});

test("what cannot be followed is an error, and so is everything without a sign-in", async () => {
  expect(await followed("/no/such/thing").next()).toBe("error 404 not_found");
  const nobody = createClient({ server: server.url, token: "k8sh_wrong" });
  onTestFinished(() => nobody.events().close());
  const states = nobody.events().states(pathOf("listMyKeys"));
  await expect(states.next()).rejects.toMatchObject({ status: 401 });
});

test("an aborted signal ends what is followed", async () => {
  const abort = new AbortController();
  const states = client.events().states(pathOf("listMyKeys"), { signal: abort.signal });
  await states.next();
  const next = states.next();
  abort.abort(new Error("enough"));
  await expect(next).rejects.toThrow("enough");
});

test("what is no longer followed before its connection is made leaves nothing behind", async () => {
  const failures: unknown[] = [];
  const fail = (error: unknown) => failures.push(error);
  process.on("uncaughtException", fail);
  onTestFinished(() => void process.off("uncaughtException", fail));
  const made: { readonly socket: WebSocket; readonly closed: Promise<unknown> }[] = [];
  const answering = Promise.withResolvers<void>();
  const { events } = createClient({
    server: proxy.url,
    token: async () => {
      await answering.promise;
      return server.adminToken();
    },
    webSocket: (url, protocols, headers) => {
      const socket = new WebSocket(url, [...protocols], { headers });
      made.push({ socket, closed: new Promise((resolve) => socket.once("close", resolve)) });
      return socket as unknown as WebSocketLike;
    },
  });
  onTestFinished(() => events().close());
  events().follow(pathOf("listMyKeys"), { onState() {} })();
  const state = new Promise((onState) => events().follow(pathOf("listMyKeys"), { onState }));
  answering.resolve();
  expect(await state).toEqual([]);
  expect(made).toHaveLength(2);
  await Promise.race(made.map(({ closed }) => closed));
  events().close();
  await Promise.all(made.map(({ closed }) => closed));
  expect(failures).toEqual([]);
});
