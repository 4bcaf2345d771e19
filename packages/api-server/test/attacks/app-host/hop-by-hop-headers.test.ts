import { expect, test } from "vitest";
import { startEcho } from "../../app-host/apps.ts";
import { attackedAppHost, requestLine, statuses } from "./harness.ts";

const fixture = attackedAppHost();

test("headers that Connection lists stay here, and so do those of this hop", async () => {
  const app = await startEcho();
  const { call, token } = fixture();
  const headers = {
    ...token,
    connection: "close, x-secret",
    "x-secret": "1",
    "proxy-authorization": "Basic eDp5",
    "proxy-connection": "keep-alive",
    "keep-alive": "timeout=5",
    "http2-settings": "AAMAAABkAAQAoAAAAAIAAAAA",
    te: "gzip",
  };
  const seen = (await call(app.port, "/", { headers })).json().headers;
  for (const name of [
    "x-secret",
    "proxy-authorization",
    "proxy-connection",
    "keep-alive",
    "http2-settings",
    "te",
  ]) {
    expect(seen).not.toHaveProperty(name);
  }
});

test("Connection cannot take away what we set", async () => {
  const app = await startEcho();
  const { call, token } = fixture();
  const headers = { ...token, connection: "close, x-forwarded-for, x-k8shell-user, x-forwarded-host" };
  const seen = (await call(app.port, "/", { headers })).json().headers;
  expect(seen).toMatchObject({ "x-forwarded-for": "127.0.0.1", "x-k8shell-user": "alice" });
});

for (const name of ["host", "content-length", "cookie", "authorization", "K8shell-Authorization", "Origin"]) {
  test(`Connection that lists ${name} is refused`, async () => {
    const app = await startEcho();
    const text = await fixture().raw(
      `${requestLine(fixture(), app.port, "GET / HTTP/1.1")}Connection: close, ${name}\r\n\r\n`,
    );
    expect(statuses(text)).toEqual([400]);
    expect(app.seen).toEqual([]);
  });
}
