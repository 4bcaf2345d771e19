import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type GatewayHarness, startGateway } from "../gateway-harness.ts";

// Clients that keep connections busy by sending almost nothing.
let gateway: GatewayHarness;
let alice: string;

beforeAll(async () => {
  gateway = await startGateway({
    limits: { headersTimeoutMs: 1_000, bodyTimeoutMs: 1_000, connections: 40 },
  });
  alice = await gateway.addUser("alice");
});
afterAll(() => gateway.close());

const open = async () => {
  const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk.toString();
  });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return { socket, closed: new Promise<string>((resolve) => socket.on("close", () => resolve(answer))) };
};

/** Writes one byte at a time for as long as the connection is open. */
const dribble = (socket: Socket, text: string) => {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++ % text.length] ?? ""), 20);
  socket.on("close", () => clearInterval(timer));
};

test("headers that never end are answered with 408 and the connection is cut", async () => {
  const { socket, closed } = await open();
  socket.write("GET /api/v1/healthcheck HTTP/1.1\r\nhost: 127.0.0.1\r\n");
  dribble(socket, "x-filler: a\r\n");
  const answer = await closed;
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toContain('"code":"timeout"');
});

test("a connection that says nothing at all is cut", async () => {
  const { closed } = await open();
  await closed;
});

test("a body that never ends is answered with an error and the connection is cut", async () => {
  const { socket, closed } = await open();
  socket.write(
    `POST /api/v1/me/tokens HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${alice}\r\n` +
      "content-type: application/json\r\ncontent-length: 100000\r\n\r\n{",
  );
  dribble(socket, " ");
  const answer = await closed;
  expect(answer).toMatch(/^HTTP\/1\.1 504 /);
  expect(answer).toMatch(/\r\nconnection: close\r\n/i);
});

test("somebody without credentials need not send a body to be refused", async () => {
  const { socket, closed } = await open();
  socket.write(
    "POST /api/v1/me/tokens HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100000000\r\nconnection: close\r\n\r\n",
  );
  expect(await closed).toMatch(/^HTTP\/1\.1 401 /);
});

test("more connections than the limit are refused, and the server still serves those it has", async () => {
  const opened = await Promise.all(Array.from({ length: 60 }, open));
  const refused = await Promise.race(opened.map(({ closed }) => closed));
  expect(refused).toBe("");
  await Promise.all(opened.map(({ closed }) => closed));
  expect((await gateway.api("GET", "/healthcheck")).status).toBe(200);
});
