import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type GatewayHarness, startGateway } from "../gateway-harness.ts";

let gateway: GatewayHarness;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

/** Sends bytes as fast as they are taken; resolves to everything that came back. */
const send = async (...parts: string[]): Promise<string> => {
  const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk.toString();
  });
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.on("close", resolve));
  for (const part of parts) socket.write(part);
  await closed;
  return answer;
};
const begin = "GET /api/v1/healthcheck HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n";

test.each([
  ["one huge header", [begin, `x-huge: ${"a".repeat(64 << 10)}\r\n\r\n`]],
  ["a huge name", [begin, `${"x".repeat(64 << 10)}: a\r\n\r\n`]],
  ["many small headers", [begin, `${"x: a\r\n".repeat(300)}\r\n`]],
  ["a huge cookie", [begin, `cookie: k8shell-session=${"a".repeat(64 << 10)}\r\n\r\n`]],
  ["a huge path", [`GET /api/v1/${"a".repeat(64 << 10)} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`]],
  ["headers of an upgrade", [begin, `upgrade: websocket\r\nx: ${"a".repeat(64 << 10)}\r\n\r\n`]],
])("%s is answered with 431", async (_what, parts) => {
  const answer = await send(...parts);
  expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  expect(answer).toContain('"code":"headers_too_large"');
});

test("trailers are bounded like headers", async () => {
  const answer = await send(
    "POST /api/v1/auth/login HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
    `x-trailer: ${"a".repeat(64 << 10)}\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
});

test("headers without an end are cut off", async () => {
  const more = Array<string>(64).fill(`x-more: ${"a".repeat(4096)}\r\n`);
  // What was still on its way when the server closed may have cost the client the answer.
  expect(await send(begin, ...more)).toMatch(/^$|^HTTP\/1\.1 431 /);
});

test("many headers within the bound are served", async () => {
  const answer = await send(begin, `${"x: a\r\n".repeat(200)}\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});
