import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type AppFront, createAppFront } from "./front.ts";

let front: AppFront;
let port: number;
let accepted: Socket[];
let stop: () => Promise<void>;

beforeEach(async () => {
  front = createAppFront({
    hosts: (host) => (host.startsWith("app.") ? { host, base: "test", label: undefined } : undefined),
    admit: () => ({
      kind: "answer",
      answer: { status: 401, headers: [], body: "who are you?" },
    }),
    live: {
      register: () => {
        throw new Error("nothing lasts here");
      },
    },
    clientAddress: () => "192.0.2.1",
    observe: () => {},
    headersTimeoutMs: 60_000,
    keepAliveTimeoutMs: 60_000,
  });
  const server = createServer((_request, response) => response.end("api"));
  front.attach(server);
  accepted = [];
  server.on("connection", (socket) => accepted.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
  stop = async () => {
    await front.close(0);
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
});
afterEach(() => stop());

const ask = (...fields: string[]): Promise<string> => {
  const socket = connect(port, "127.0.0.1");
  socket.write(`GET / HTTP/1.1\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`);
  return text(socket);
};

test("a connection that is over with its first request is kept no longer", async () => {
  expect(await ask("Host: app.test", "Content-Length: x")).toMatch(/^HTTP\/1\.1 400 /);
  expect(await ask("Host: app.test", "Connection: close")).toMatch(/^HTTP\/1\.1 401 .*who are you\?$/s);
  expect(front.size).toBe(0);
});

test("a client that does not end its side does not hold a server that stops", async () => {
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  client.write("GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n");
  await once(client.resume(), "end");
  await front.close(0);
  expect(accepted.map(({ destroyed }) => destroyed)).toEqual([true]);
  client.destroy();
});
