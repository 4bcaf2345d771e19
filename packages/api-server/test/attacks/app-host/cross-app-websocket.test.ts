import { expect, test } from "vitest";
import { startApp, startEcho } from "../../app-host/apps.ts";
import { createBrowser } from "../../app-host/browser.ts";
import { attackedAppHost, statuses } from "./harness.ts";

const fixture = attackedAppHost();
const handshake = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

test("a page of another app cannot open a WebSocket, or send a request, with the browser's cookie", async () => {
  const upgrades: string[] = [];
  const app = await startApp(
    (_incoming, response) => response.end("ok"),
    (incoming, socket) => {
      upgrades.push(incoming.url ?? "");
      socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    },
  );
  const other = await startEcho();
  const { hostOf, call, gateway } = fixture();
  const browser = await createBrowser(fixture(), await gateway.oneTimeLink("alice"));
  await browser.open(`http://${hostOf(app.port)}/`);
  const cookie = browser.cookies(hostOf(app.port));
  const before = app.seen.length;
  const foreign = [
    `http://${hostOf(other.port)}`,
    "http://evil.example",
    "null",
    `https://${hostOf(app.port)}`,
  ];
  for (const origin of foreign) {
    expect((await call(app.port, "/ws", { headers: { ...handshake, cookie, origin } })).status).toBe(403);
    expect((await call(app.port, "/", { method: "POST", headers: { cookie, origin } })).status).toBe(403);
  }
  for (const site of ["same-site", "cross-site"]) {
    const headers = { cookie, "sec-fetch-site": site, "sec-fetch-mode": "no-cors" };
    expect((await call(app.port, "/", { headers })).status).toBe(403);
    // A form of another page.
    const form = { cookie, "sec-fetch-site": site, "sec-fetch-mode": "navigate" };
    expect((await call(app.port, "/", { method: "POST", headers: form })).status).toBe(403);
    // A link on it.
    expect((await call(app.port, "/", { headers: form })).status).toBe(200);
  }
  expect(upgrades).toEqual([]);
  expect(app.seen.length).toBe(before + 2);

  const own = `${Object.entries(handshake)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}Origin: http://${hostOf(app.port)}\r\n\r\n`;
  const text = await fixture().raw(
    `GET /ws HTTP/1.1\r\nHost: ${hostOf(app.port)}\r\nCookie: ${cookie}\r\n${own}`,
  );
  expect(statuses(text)).toEqual([101]);
});

test("a WebSocket without a credential gets 401, never a redirect", async () => {
  const app = await startEcho();
  const { call, hostOf } = fixture();
  const headers = { ...handshake, accept: "text/html", origin: `http://${hostOf(app.port)}` };
  const answer = await call(app.port, "/ws", { headers });
  expect(answer.status).toBe(401);
});
