import { expect, test } from "vitest";
import { startEcho } from "../../app-host/apps.ts";
import { attackedAppHost } from "./harness.ts";

const fixture = attackedAppHost();

test("headers that CGI-like apps take for others are dropped", async () => {
  const app = await startEcho();
  const { call, token } = fixture();
  const names = [
    "x_forwarded_for",
    "X_K8shell_User",
    "content_length",
    "transfer_encoding",
    "x-forwarded_host",
  ];
  const headers = { ...token, ...Object.fromEntries(names.map((name) => [name, "1"])) };
  const seen = (await call(app.port, "/", { headers })).json().headers;
  expect(Object.keys(Object(seen)).filter((name) => name.includes("_"))).toEqual([]);
});
