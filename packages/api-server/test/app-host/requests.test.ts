import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { eventually } from "../workspace-fixture.ts";
import { startApp, startEcho } from "./apps.ts";
import { type AppHostFixture, startAppHost } from "./fixture.ts";

let fixture: AppHostFixture;

beforeAll(async () => {
  fixture = await startAppHost();
});
afterAll(async () => {
  await fixture?.close();
});

test("a request reaches the app with its method, path, headers and body, and with our forwarding headers", async () => {
  const app = await startEcho();
  const answer = await fixture.call(app.port, "/a/b?c=%2F", {
    method: "PROPFIND",
    headers: {
      ...fixture.token,
      authorization: "Basic YTpi",
      "x-own": "1",
      cookie: "a=b; k8shell-session=x; c=d",
    },
    body: "hello",
  });
  expect(answer.status).toBe(200);
  const seen = answer.json();
  expect(seen).toMatchObject({ method: "PROPFIND", url: "/a/b?c=%2F", body: "hello" });
  expect(seen.headers).toMatchObject({
    host: `localhost:${app.port}`,
    authorization: "Basic YTpi",
    "x-own": "1",
    cookie: "a=b; c=d",
    "x-forwarded-host": fixture.hostOf(app.port),
    "x-forwarded-proto": "http",
    "x-forwarded-for": "127.0.0.1",
    "x-k8shell-user": "admin",
  });
  expect(seen.headers).not.toHaveProperty("k8shell-authorization");
});

test("Origin and Referer of the app's own pages become those the app knows; foreign ones stay", async () => {
  const app = await startEcho();
  const own = `http://${fixture.hostOf(app.port)}`;
  const ours = await fixture.call(app.port, "/", {
    headers: { ...fixture.token, origin: own, referer: `${own}/x` },
  });
  expect(ours.json().headers).toMatchObject({
    origin: `http://localhost:${app.port}`,
    referer: `http://localhost:${app.port}/x`,
  });
  const foreign = await fixture.call(app.port, "/", {
    headers: { ...fixture.token, origin: "http://evil.example" },
  });
  expect(foreign.json().headers).toMatchObject({ origin: "http://evil.example" });
});

test("redirects to the app's own address are given as its public address", async () => {
  const app = await startApp((incoming, response) => {
    response.writeHead(302, { location: `http://${incoming.headers.host}/there?x` }).end();
  });
  const answer = await fixture.call(app.port, "/");
  expect(answer.headers.location).toBe(`http://${fixture.hostOf(app.port)}/there?x`);
});

test("events of a stream arrive one by one, and the app learns at once that the reader has left", async () => {
  let left = false;
  const app = await startApp((incoming, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: 1\n\n");
    incoming.on("close", () => {
      left = true;
    });
  });
  const socket = await fixture.connect();
  socket.write(
    `GET / HTTP/1.1\r\nhost: ${fixture.hostOf(app.port)}\r\nk8shell-authorization: ${fixture.token["k8shell-authorization"]}\r\n\r\n`,
  );
  let text = "";
  socket.on("data", (part) => {
    text += part;
  });
  await eventually(() => text.includes("data: 1"));
  expect(left).toBe(false);
  socket.destroy();
  await eventually(() => left);
});

test("100-continue is the app's to give, and a long body goes through with its trailers", async () => {
  const app = await startEcho();
  const socket = await fixture.connect();
  let text = "";
  socket.on("data", (part) => {
    text += part;
  });
  socket.write(
    `POST /up HTTP/1.1\r\nhost: ${fixture.hostOf(app.port)}\r\nk8shell-authorization: ${fixture.token["k8shell-authorization"]}\r\nexpect: 100-continue\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\nconnection: close\r\n\r\n`,
  );
  await eventually(() => text.includes("HTTP/1.1 100 Continue\r\n\r\n"));
  socket.write("5\r\nhel");
  socket.write("lo\r\n0\r\nx-sum: 42\r\n");
  socket.write("\r\n");
  await once(socket, "close");
  expect(text).toContain('"body":"hello"');
  expect(text).toContain('"trailers":{"x-sum":"42"}');
});

test("a chunked answer keeps its chunks and trailers", async () => {
  const app = await startApp((_incoming, response) => {
    response.writeHead(200, { trailer: "x-sum" });
    response.write("one");
    response.write("two");
    response.addTrailers({ "x-sum": "7" });
    response.end();
  });
  const answer = await fixture.call(app.port, "/");
  expect(answer.body).toBe("onetwo");
  expect(answer.trailers).toEqual({ "x-sum": "7" });
});

test("a WebSocket goes through in both directions, and ends when either side ends it", async () => {
  const sockets = new WebSocketServer({ noServer: true });
  const app = await startApp(
    (_incoming, response) => response.end(),
    (incoming, socket, head) => {
      sockets.handleUpgrade(incoming, socket, head, (opened) => {
        opened.on("message", (data, isBinary) => opened.send(data, { binary: isBinary }));
      });
    },
  );
  const socket = new WebSocket(`ws://127.0.0.1:${fixture.port}/ws`, ["chat"], {
    headers: {
      ...fixture.token,
      host: fixture.hostOf(app.port),
      origin: `http://${fixture.hostOf(app.port)}`,
    },
  });
  await once(socket, "open");
  expect(app.seen[0]?.headers.origin).toBe(`http://localhost:${app.port}`);
  const big = Buffer.alloc(300_000, "x");
  socket.send("hello");
  const [first] = await once(socket, "message");
  expect(String(first)).toBe("hello");
  socket.send(big);
  const [second] = await once(socket, "message");
  expect(Buffer.from(second)).toEqual(big);
  socket.close();
  await once(socket, "close");
  await eventually(() => sockets.clients.size === 0);
});

test("an upload and a download of 64 MiB arrive as they were sent", async () => {
  const size = 64 << 20;
  const app = await startApp((incoming, response) => {
    let count = 0;
    incoming.on("data", (part: Buffer) => {
      count += part.length;
    });
    incoming.on("end", () => {
      response.writeHead(200, { "x-count": String(count), "content-length": String(size) });
      const block = Buffer.alloc(1 << 20, "y");
      let left = size;
      const write = () => {
        while (left > 0) {
          left -= block.length;
          if (!response.write(block)) return response.once("drain", write);
        }
        return response.end();
      };
      write();
    });
  });
  const answer = await fixture.call(app.port, "/", { method: "PUT", body: Buffer.alloc(size, "x") });
  expect(answer.headers["x-count"]).toBe(String(size));
  expect(answer.body.length).toBe(size);
});

test("one connection serves request after request, also to the API in between", async () => {
  const app = await startEcho();
  const get = (path: string, host: string) =>
    `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nk8shell-authorization: ${fixture.token["k8shell-authorization"]}\r\n`;
  const text = await fixture.raw([
    `${get("/1", fixture.hostOf(app.port))}\r\n${get("/2", fixture.hostOf(app.port))}\r\n`,
    `${get("/3", fixture.hostOf(app.port))}\r\n`,
    `${get("/livez", `localhost:${fixture.port}`)}connection: close\r\n\r\n`,
  ]);
  expect(text.match(/"url":"\/\d"/g)).toEqual(['"url":"/1"', '"url":"/2"', '"url":"/3"']);
  expect(text.match(/HTTP\/1\.1 200/g)?.length).toBe(4);
});

test("a kept connection that the app has closed meanwhile is not noticed by the client", async () => {
  const app = await startApp((incoming, response) => {
    response.end("ok");
    setImmediate(() => incoming.socket.destroy());
  });
  for (let i = 0; i < 5; i += 1) expect((await fixture.call(app.port, "/")).body).toBe("ok");
});

test("a port where nothing listens is a clear error, as a page or as JSON", async () => {
  const json = await fixture.call(1, "/");
  expect(json.status).toBe(502);
  expect(json.json()).toMatchObject({
    status: 502,
    code: "bad_gateway",
    msg: expect.stringContaining("port 1"),
  });
  const page = await fixture.call(1, "/", { headers: { ...fixture.token, accept: "text/html" } });
  expect(page.body).toContain("<h1>Nothing listens here</h1>");
});

test("without a credential a script gets 401 and a browser is sent to sign in", async () => {
  const app = await startEcho();
  const script = await fixture.call(app.port, "/", { headers: {} });
  expect(script.status).toBe(401);
  expect(script.json()).toMatchObject({ code: "unauthenticated" });
  const fetched = await fixture.call(app.port, "/", {
    headers: { "sec-fetch-mode": "cors", "sec-fetch-site": "same-origin", accept: "text/html" },
  });
  expect(fetched.status).toBe(401);
  const browser = await fixture.call(app.port, "/x", { headers: { accept: "text/html" } });
  expect(browser.status).toBe(303);
  expect(browser.headers.location).toMatch(/\/api\/v1\/app-sign-in\?host=/);
  expect(app.seen).toEqual([]);
});
