import { once } from "node:events";
import { Agent, request } from "node:http";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startApp, startEcho } from "./apps.ts";
import { type AppGateway, startAppGateway } from "./gateway.ts";

/** A proxy in front keeps connections, and uses each for whatever host comes next. */
let fixture: AppGateway;
beforeAll(async () => {
  fixture = await startAppGateway();
});
afterAll(async () => {
  await fixture?.close();
});

const api = () => `127.0.0.1:${fixture.port}`;

/** One connection, used for one request after the other. */
const connection = () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const sockets = new Set<unknown>();
  const ask = async (
    host: string,
    path: string,
    options: { method?: string; headers?: Record<string, string>; body?: Buffer | string } = {},
  ) => {
    const { method = "GET", headers = {}, body } = options;
    const outgoing = request({
      host: "127.0.0.1",
      port: fixture.port,
      agent,
      method,
      path,
      headers: { ...headers, host },
    });
    outgoing.on("socket", (socket) => sockets.add(socket));
    if (headers.expect !== undefined) {
      outgoing.flushHeaders();
      await once(outgoing, "continue");
    }
    outgoing.end(body);
    const [answer] = await once(outgoing, "response");
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part);
    return {
      status: answer.statusCode,
      headers: answer.headers,
      trailers: answer.trailers,
      body: Buffer.concat(parts),
    };
  };
  return { ask, sockets };
};

test("a connection that began with the API serves apps, the API and apps again", async () => {
  const app = await startEcho();
  const { ask, sockets } = connection();
  const health = () => ask(api(), "/api/v1/healthcheck");
  const toApp = (options: Parameters<typeof ask>[2]) =>
    ask(fixture.hostOf(app.port), "/api/v1/healthcheck?x=1", {
      ...options,
      headers: { ...fixture.token, ...options?.headers },
    });
  for (let round = 0; round < 2; round++) {
    expect(JSON.parse((await health()).body.toString())).toHaveProperty("version");
    const got = await toApp({ headers: { "x-own": "yes" } });
    expect(got.status).toBe(200);
    expect(JSON.parse(got.body.toString())).toMatchObject({
      method: "GET",
      url: "/api/v1/healthcheck?x=1",
      headers: { host: `localhost:${app.port}`, "x-own": "yes", "x-forwarded-for": "127.0.0.1" },
    });
    const framings: Array<Record<string, string>> = [
      { "content-length": "4" },
      { "transfer-encoding": "chunked" },
    ];
    for (const headers of framings) {
      const posted = await toApp({ method: "POST", headers, body: "four" });
      expect(JSON.parse(posted.body.toString())).toMatchObject({ method: "POST", body: "four" });
    }
    const expecting = { expect: "100-continue", "content-length": "4" };
    const waited = await toApp({ method: "PUT", headers: expecting, body: "four" });
    expect(JSON.parse(waited.body.toString())).toMatchObject({ method: "PUT", body: "four" });
  }
  expect(sockets.size).toBe(1);
});

test("the API does not answer in the name of an app", async () => {
  const app = await startEcho();
  const { ask } = connection();
  const authorization = `Bearer ${fixture.alice}`;
  await ask(api(), "/api/v1/healthcheck");
  const answer = await ask(fixture.hostOf(app.port), "/api/v1/me/profile", { headers: { authorization } });
  expect(answer.status).toBe(401);
  expect(app.seen).toEqual([]);
});

test("large bodies pass whole in both directions, and what the app says at the end", async () => {
  const app = await startApp((incoming, response) => {
    response.writeHead(200, { trailer: "x-end" });
    incoming.pipe(response, { end: false });
    incoming.on("end", () => {
      response.addTrailers({ "x-end": "here" });
      response.end();
    });
  });
  const { ask } = connection();
  const body = Buffer.alloc(8 << 20);
  for (let at = 0; at < body.length; at += 4) body.writeUInt32LE(at, at);
  await ask(api(), "/api/v1/healthcheck");
  const headers = { ...fixture.token, "content-length": String(body.length) };
  const answer = await ask(fixture.hostOf(app.port), "/", { method: "POST", headers, body });
  expect(answer.body.equals(body)).toBe(true);
  expect(answer.trailers).toEqual({ "x-end": "here" });
});

test("a WebSocket of an app is opened on it", async () => {
  const app = await startApp(
    (_incoming, response) => response.end(),
    (_incoming, socket, head) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      socket.write(head);
      socket.pipe(socket);
    },
  );
  const socket = await fixture.connect();
  onTestFinished(() => void socket.destroy());
  let text = "";
  socket.setEncoding("latin1").on("data", (part) => {
    text += part;
  });
  socket.write(`GET /api/v1/healthcheck HTTP/1.1\r\nHost: ${api()}\r\n\r\n`);
  await expect.poll(() => text).toContain('"version"');
  const token = fixture.token["k8shell-authorization"];
  socket.write(
    `GET / HTTP/1.1\r\nHost: ${fixture.hostOf(app.port)}\r\nK8shell-Authorization: ${token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly`,
  );
  await expect.poll(() => text).toMatch(/HTTP\/1\.1 101 .*\r\n\r\nearly$/s);
  socket.write(" later");
  await expect.poll(() => text).toMatch(/early later$/);
});

test("an app learns when its client has gone", async () => {
  const closed = Promise.withResolvers<void>();
  const app = await startApp((_incoming, response) => {
    response.write("begun");
    response.on("close", closed.resolve);
  });
  const socket = await fixture.connect();
  let text = "";
  socket.setEncoding("latin1").on("data", (part) => {
    text += part;
  });
  const token = fixture.token["k8shell-authorization"];
  socket.write(`GET /api/v1/healthcheck HTTP/1.1\r\nHost: ${api()}\r\n\r\n`);
  socket.write(
    `GET / HTTP/1.1\r\nHost: ${fixture.hostOf(app.port)}\r\nK8shell-Authorization: ${token}\r\n\r\n`,
  );
  await expect.poll(() => text).toContain("begun");
  socket.destroy();
  await closed.promise;
});
