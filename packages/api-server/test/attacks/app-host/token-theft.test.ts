import { expect, test } from "vitest";
import { startEcho } from "../../app-host/apps.ts";
import { shown, workspace } from "../../app-host/gateway.ts";
import { attackedAppHost } from "./harness.ts";

const fixture = attackedAppHost();

test("a token of the platform sent where the app's belongs is dropped, whoever the app belongs to", async () => {
  const app = await startEcho();
  const { call, alice, token, gateway } = fixture();
  const jwt = await gateway.issueJwt("alice");
  for (const secret of [alice, jwt]) {
    const authorization = `Bearer ${secret}`;
    const seen = (await call(app.port, "/", { headers: { ...token, authorization } })).json();
    expect(seen.headers).not.toHaveProperty("authorization");
    expect(JSON.stringify(seen)).not.toContain(secret);
    // Nor does it open the app: a page may make a browser send it.
    expect((await call(app.port, "/", { headers: { authorization } })).status).toBe(401);
  }
  expect(app.seen.length).toBe(2);
});

test("the app's own tokens pass as they are", async () => {
  const app = await startEcho();
  const { call, token } = fixture();
  const foreign = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJl";
  for (const authorization of [
    "Basic YTpi",
    "Bearer abc",
    `Bearer ${foreign}`,
    "token k8s_abc",
    "Digest x",
  ]) {
    const seen = (await call(app.port, "/", { headers: { ...token, authorization } })).json();
    expect(seen.headers).toMatchObject({ authorization });
  }
});

test("a link's token opens its port alone, in either header, and the app never sees it", async () => {
  const [app, other] = [await startEcho(), await startEcho()];
  const { call, alice, gateway } = fixture();
  const path = `/workspaces/${workspace}/ports/${app.port}/links`;
  const made = await (await gateway.api("POST", path, { token: alice, json: {} })).json();
  const authorization = `Bearer ${made.token}`;
  for (const headers of [{ authorization }, shown(made.token)]) {
    const answer = await call(app.port, "/", { headers });
    expect(answer.status).toBe(200);
    expect(answer.body).not.toContain(made.token);
    expect((await call(other.port, "/", { headers })).status).toBe(401);
  }
  const changed = `Bearer ${made.token.slice(0, -1)}${made.token.endsWith("A") ? "B" : "A"}`;
  expect((await call(app.port, "/", { headers: { authorization: changed } })).status).toBe(401);
  expect(other.seen).toEqual([]);
});
