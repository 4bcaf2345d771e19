import { expect, test } from "vitest";
import { startEcho } from "../../app-host/apps.ts";
import { attackedAppHost } from "./harness.ts";

const fixture = attackedAppHost();

test("an app label below a name that is not ours opens no app", async () => {
  const app = await startEcho();
  const { call, token, workspace, port } = fixture();
  const label = `${app.port}--${workspace}`;
  const hosts = [
    `${label}.evil.example`,
    `${label}.localhost.evil.example`,
    `${label}.localhost.`,
    `${label}.127.0.0.1:${port}`,
    `evil.${label}.localhost:${port}`,
    `${label}.localhost:${port}.evil.example`,
    `${label}.localhost:${port}@evil.example`,
    label,
  ];
  for (const host of hosts) {
    const answer = await call(app.port, "/", { host, headers: { ...token, accept: "application/json" } });
    expect([400, 404, 421]).toContain(answer.status);
  }
  expect(app.seen).toEqual([]);
});
