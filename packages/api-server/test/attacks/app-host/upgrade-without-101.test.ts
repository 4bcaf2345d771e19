import { expect, test } from "vitest";
import { startApp } from "../../app-host/apps.ts";
import { attackedAppHost, requestLine, statuses } from "./harness.ts";

const fixture = attackedAppHost();
const handshake =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const hidden = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

test("a handshake that the app refuses opens no tunnel: what follows it is not served", async () => {
  const app = await startApp(
    (_incoming, response) => response.end(),
    (_incoming, socket) => {
      socket.write("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n");
    },
  );
  const text = await fixture().raw(
    `${requestLine(fixture(), app.port, "GET /ws HTTP/1.1")}${handshake}${hidden}`,
  );
  expect(statuses(text)).toEqual([426]);
  expect(text.toLowerCase()).toContain("connection: close");
  expect(app.seen.map(({ url }) => url)).toEqual(["/ws"]);
});

test("a switch of protocols that nobody asked for is an error", async () => {
  const app = await startApp((incoming) => {
    incoming.socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhello",
    );
  });
  const text = await fixture().raw(`${requestLine(fixture(), app.port, "GET / HTTP/1.1")}\r\n${hidden}`);
  expect(statuses(text)).toEqual([502]);
});

test("a switch to another protocol than the one asked for is an error", async () => {
  const app = await startApp(
    (_incoming, response) => response.end(),
    (_incoming, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n");
    },
  );
  const text = await fixture().raw(`${requestLine(fixture(), app.port, "GET /ws HTTP/1.1")}${handshake}`);
  expect(statuses(text)).toEqual([502]);
});

test("a handshake with a body, or by another method, is refused", async () => {
  const app = await startApp((_incoming, response) => response.end());
  for (const [line, extra] of [
    ["POST /ws HTTP/1.1", ""],
    ["GET /ws HTTP/1.1", "Content-Length: 5\r\n"],
    ["GET /ws HTTP/1.1", "Transfer-Encoding: chunked\r\n"],
  ] as const) {
    const text = await fixture().raw(`${requestLine(fixture(), app.port, line)}${extra}${handshake}`);
    expect(statuses(text)).toEqual([400]);
  }
  expect(app.seen).toEqual([]);
});
