import { expect, test } from "vitest";
import { startApp, startEcho } from "../../app-host/apps.ts";
import { attackedAppHost } from "./harness.ts";

const fixture = attackedAppHost();
const ours = [
  "k8shell-session",
  "__Host-k8shell-app",
  "k8shell-app",
  "__Host-k8shell-app-binding",
  "k8shell-app-binding",
];

test("an app never sees our cookies, wherever they stand among its own", async () => {
  const app = await startEcho();
  const { call, token } = fixture();
  const cookie = `a=1; ${ours.map((name) => `${name}=secret`).join("; ")}; b=2;k8shell-session=secret;c=3`;
  const seen = (await call(app.port, "/", { headers: { ...token, cookie } })).json();
  expect(seen.headers).toMatchObject({ cookie: "a=1; b=2; c=3" });
  expect(JSON.stringify(seen)).not.toContain("secret");
});

test("an app sets cookies for its own host only, and none of ours", async () => {
  const tossed = [
    ...ours.map((name) => `${name}=tossed; Path=/`),
    "K8SHELL-SESSION=tossed",
    "=k8shell-session=tossed",
    "k8shell-session",
    "mine=1; Domain=localhost; Path=/",
    "other=2; domain = .localhost",
    "third=3; Secure; HttpOnly",
  ];
  const app = await startApp((_incoming, response) =>
    response.writeHead(200, { "set-cookie": tossed }).end(),
  );
  const answer = await fixture().call(app.port, "/");
  expect(answer.headers["set-cookie"]).toEqual(["mine=1; Path=/", "other=2", "third=3; Secure; HttpOnly"]);
});

test("a made-up cookie of ours opens no app", async () => {
  const app = await startEcho();
  const { call } = fixture();
  for (const name of ours) {
    const answer = await call(app.port, "/", { headers: { cookie: `${name}=${"A".repeat(43)}` } });
    expect(answer.status).toBe(401);
  }
  expect(app.seen).toEqual([]);
});
