import { expect, test } from "vitest";
import { startEcho } from "../../app-host/apps.ts";
import { createBrowser } from "../../app-host/browser.ts";
import { attackedAppHost } from "./harness.ts";

const fixture = attackedAppHost();
const evil = [
  "https://evil.example/",
  "//evil.example/",
  "/\\evil.example/",
  "/%5cevil.example",
  "\\\\evil.example",
  "javascript:alert(1)",
  "/.//evil.example",
  "/_k8shell/callback?code=x",
  "/\r\nset-cookie: a=b",
];

test("whatever next says, the way from sign-in leads to a path of that app", async () => {
  const app = await startEcho();
  const { hostOf, gateway } = fixture();
  const browser = await createBrowser(fixture(), await gateway.oneTimeLink("alice"));
  for (const next of evil) {
    const begin = await browser.fetch(`http://${hostOf(app.port)}/`);
    const url = new URL(begin.headers.location ?? "");
    url.searchParams.set("next", next);
    const back = await browser.fetch(url.href);
    expect(new URL(back.headers.location ?? "").host).toBe(hostOf(app.port));
    const landed = await browser.fetch(back.headers.location ?? "");
    expect(landed.status).toBe(303);
    expect(landed.headers.location).toBe("/");
    const own = `http://${hostOf(app.port)}/_k8shell/sign-out`;
    expect((await browser.fetch(own, { "sec-fetch-site": "same-origin" }, "POST")).status).toBe(204);
  }
});

test("no code leaves for a host that is not an app's, or whose app the user may not use", async () => {
  const { hostOf, gateway, port } = fixture();
  const browser = await createBrowser(fixture(), await gateway.oneTimeLink("alice"));
  const hosts = [
    "evil.example",
    `8080--x.evil.example`,
    `localhost:${port}`,
    hostOf(80).replace("80--", "0--"),
  ];
  for (const host of hosts) {
    const query = new URLSearchParams({ host, next: "/", binding: "0".repeat(64) });
    const answer = await browser.fetch(`${gateway.url}/api/v1/app-sign-in?${query}`);
    expect(answer.headers).not.toHaveProperty("location");
    expect(answer.status).toBe(404);
  }
});
