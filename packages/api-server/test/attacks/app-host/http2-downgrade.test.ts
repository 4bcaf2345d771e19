import { expect, test } from "vitest";
import { startEcho } from "../../app-host/apps.ts";
import { attackedAppHost, requestLine, statuses } from "./harness.ts";

const fixture = attackedAppHost();

test("an offer to go on in HTTP/2 is ignored and its headers dropped", async () => {
  const app = await startEcho();
  const { call, token } = fixture();
  const headers = {
    ...token,
    connection: "Upgrade, HTTP2-Settings",
    upgrade: "h2c",
    "http2-settings": "AAMAAABkAAQAoAAAAAIAAAAA",
  };
  const answer = await call(app.port, "/", { headers });
  expect(answer.status).toBe(200);
  expect(answer.json().headers).not.toHaveProperty("upgrade");
  expect(answer.json().headers).not.toHaveProperty("http2-settings");
});

test("pseudo headers, and the beginning of HTTP/2 itself, are refused", async () => {
  const app = await startEcho();
  for (const header of [":authority: x", ":path: /smuggled", ":method: GET"]) {
    const text = await fixture().raw(
      `${requestLine(fixture(), app.port, "GET / HTTP/1.1")}${header}\r\n\r\n`,
    );
    expect(statuses(text)).toEqual([400]);
  }
  const old = await fixture().raw(`${requestLine(fixture(), app.port, "GET / HTTP/1.0")}\r\n`);
  expect(statuses(old)).toEqual([505]);
  const two = await fixture().raw(`${requestLine(fixture(), app.port, "PRI * HTTP/2.0")}\r\nSM\r\n\r\n`);
  expect(statuses(two)).toEqual([505]);
  expect(app.seen).toEqual([]);
});
