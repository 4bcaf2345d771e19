import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { createHostCheck } from "../../src/http/host.ts";
import { type Assembled, startAssembled } from "../assembled.ts";

let assembled: Assembled;
beforeAll(async () => {
  assembled = await startAssembled();
});
afterAll(() => assembled.close());

const statusFor = async (host: string, path: string, method = "GET"): Promise<number | undefined> => {
  const sent = request(`${assembled.server.url}${path}`, { method, headers: { host, ...assembled.admin } });
  sent.end();
  const [response] = await once(sent, "response");
  response.resume();
  await once(response, "end");
  return response.statusCode;
};

test.each([
  ["GET", "/livez"],
  ["GET", "/"],
  ["GET", "/docs"],
  ["GET", "/signin"],
  ["GET", "/nothing"],
  ["GET", "/api/v1/me/profile"],
  ["GET", "/api/v1/auth/login?provider=idp.k8shell.io/local"],
  ["POST", "/api/v1/auth/logout"],
])("a page whose own name was made to mean this machine gets nothing from %s %s", async (method, path) => {
  expect(await statusFor(`attacker.example:${assembled.server.port}`, path, method)).toBe(421);
});

test("nor does it get a WebSocket", async () => {
  const url = `${assembled.server.url.replace("http", "ws")}/api/v1/workspaces/x/interactive`;
  const socket = new WebSocket(url, { headers: { host: "attacker.example", ...assembled.admin } });
  socket.on("error", () => undefined);
  const [, response] = await once(socket, "unexpected-response");
  socket.terminate();
  expect(response.statusCode).toBe(421);
});

test("two names in one request are none", async () => {
  const { port } = assembled.server;
  const socket = connect(port, "127.0.0.1");
  socket.end(`GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: attacker.example\r\nConnection: close\r\n\r\n`);
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /);
});

test.each(["127.0.0.1", "localhost:1", "LOCALHOST", "any.localhost", "[::1]:80", "192.0.2.7:9101"])(
  "%s cannot be a name of somebody else's",
  async (host) => {
    expect(await statusFor(host, "/api/v1/me/profile")).toBe(200);
  },
);

test("the name of an app is the app's, also on a connection that was the API's", async () => {
  expect(await statusFor("127.0.0.1", "/api/v1/me/profile")).toBe(200);
  expect(await statusFor("8080--x.localhost", "/api/v1/me/profile")).toBe(401);
});

const publicOrigins = new Set(["https://k8shell.example.org:8443"]);

test("bound to loopback, the configured names and those below the public ones are known too", () => {
  const isOwn = createHostCheck("127.0.0.1", {
    hosts: ["api-server.tools", "*.internal.example"],
    publicOrigins,
    cookieDomain: ".shared.example",
  });
  const own = [
    "shared.example",
    "8080--x.shared.example:443",
    "k8shell.example.org",
    "k8shell.example.org:443",
    "3000--x.k8shell.example.org",
    "API-server.tools:9101",
    "a.internal.example",
    "localhost.",
  ];
  const foreign = [
    "evil-k8shell.example.org",
    "evil-shared.example",
    "internal.example",
    ".internal.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil.example",
    "a b",
    "[::1",
    "x@localhost",
    "localhost:80:80",
    "",
  ];
  expect(own.filter((host) => !isOwn?.(host))).toEqual([]);
  expect(foreign.filter((host) => isOwn?.(host))).toEqual([]);
});

test("bound to a network, names of a cluster are accepted unless hosts are configured", () => {
  expect(createHostCheck("0.0.0.0", { hosts: undefined, publicOrigins })).toBeUndefined();
  expect(createHostCheck("127.0.0.1", { hosts: ["*"], publicOrigins })).toBeUndefined();
  const isOwn = createHostCheck("0.0.0.0", { hosts: [], publicOrigins });
  expect(isOwn?.("api-server.tools:9101")).toBe(false);
  expect(isOwn?.("10.1.2.3:9101")).toBe(true);
});
