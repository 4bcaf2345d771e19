import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../../../test/e2e/harness.ts";
import { createMetrics } from "../../src/metrics/metrics.ts";
import { startApp, startEcho } from "./apps.ts";
import { type AppGateway, shown, startAppGateway, workspace } from "./gateway.ts";

let fixture: AppGateway;

beforeAll(async () => {
  fixture = await startAppGateway({
    metrics: createMetrics("test"),
    config: (config) => ({
      ...config,
      http: {
        ...config.http,
        trustedProxies: ["127.0.0.0/8"],
        logging: { enabled: true, requestHeaders: true, responseHeaders: true },
      },
      limits: { ...config.limits, requestsPerToken: 20, requestsPerAddress: 5, failuresPerAddress: 5 },
    }),
  });
});
afterAll(() => fixture?.close());

const linesOf = (message: string) =>
  fixture.gateway
    .logged()
    .split("\n")
    .filter((line) => line.includes(`"msg":"${message}"`))
    .map((line) => JSON.parse(line));
const client = (address: string) => ({ "x-forwarded-for": address });

test("every opening is logged and audited with its target once, however many requests follow", async () => {
  const app = await startEcho();
  for (let i = 0; i < 3; i += 1) await fixture.call(app.port, "/");
  const openings = linesOf("app opened").filter(({ port }) => port === app.port);
  expect(openings).toMatchObject([{ audit: "app", workspace, username: "alice", clientIp: "127.0.0.1" }]);
  const admin = await fixture.gateway.token("admin", ["*"], "audit");
  const json = { page: { limit: 100 } };
  const answer = await fixture.gateway.api("POST", "/audit/_query", { token: admin, json });
  const text = await answer.text();
  expect(answer.status, text).toBe(200);
  const decisions = JSON.parse(text).filter((record: object) =>
    JSON.stringify(record).includes(String(app.port)),
  );
  expect(decisions).toHaveLength(1);
  expect(JSON.stringify(decisions)).toContain("portforward");
});

test("the access log tells who asked which app for what, without queries and secrets", async () => {
  const app = await startEcho();
  const headers = { ...fixture.token, ...client("192.0.2.7"), authorization: "Basic secret", "x-mine": "1" };
  await fixture.call(app.port, "/a/page?token=secret", { headers });
  const line = await eventually(() => linesOf("request").find(({ port }) => port === app.port));
  expect(line).toMatchObject({
    method: "GET",
    host: fixture.hostOf(app.port),
    path: "/a/page",
    route: "app",
    workspace,
    status: 200,
    user: "alice",
    clientIp: "192.0.2.7",
    requestHeaders: { "x-mine": "1" },
    responseHeaders: { "content-type": "application/json" },
  });
  expect(line.bytes).toBeGreaterThan(0);
  expect(JSON.stringify(line)).not.toContain("secret");
});

test("behind a proxy of ours the app is told the client's address, and strangers are not believed", async () => {
  const app = await startEcho();
  const headers = { ...fixture.token, ...client("10.9.9.9, 192.0.2.8") };
  const seen = (await fixture.call(app.port, "/", { headers })).json();
  expect(seen.headers).toMatchObject({ "x-forwarded-for": "192.0.2.8" });
});

test("an open WebSocket and an endless answer are listed, counted and closed as other live connections are", async () => {
  const app = await startApp(
    (_incoming, response) => void response.write("data: 1\n\n"),
    (_incoming, socket) => {
      socket.on("error", () => {});
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
      socket.on("data", (bytes) => socket.write(bytes));
    },
  );
  const { socket, closed } = await fixture.openSocket(app.port, fixture.token);
  const stream = await fixture.connect();
  stream.on("error", () => {});
  stream.resume();
  stream.write(
    `GET / HTTP/1.1\r\nHost: ${fixture.hostOf(app.port)}\r\nK8shell-Authorization: Bearer ${fixture.alice}\r\n\r\n`,
  );
  socket.write("hello");
  const { live } = fixture.gateway.gateway;
  await eventually(() => live.countOf("app") === 2 || undefined);
  const answer = await fixture.gateway.api("GET", "/live", { token: fixture.alice });
  const [listed] = JSON.parse(await answer.text());
  expect(listed).toMatchObject({ kind: "app", username: "alice", workspace });
  const metrics = await (await fetch(`${fixture.gateway.url}/metrics`)).text();
  expect(metrics).toContain('k8shell_live_connections{kind="app"} 2');
  expect(metrics).toMatch(/k8shell_app_request_duration_seconds_count\{status="101"\} 1/);
  expect(metrics).toMatch(/k8shell_app_bytes_total\{direction="sent"\} [1-9]/);
  expect(metrics).toMatch(/k8shell_app_connections [2-9]/);
  const ended = await fixture.gateway.api("DELETE", `/live/${listed.id}`, { token: fixture.alice });
  expect(ended.status).toBe(204);
  await closed;
  stream.destroy();
  await eventually(() => live.countOf("app") === 0 || undefined);
});

test("who asks too much, guesses, or floods a public app gets 429", async () => {
  const app = await startEcho();
  const ask = async (headers: Record<string, string>) =>
    (await fixture.call(app.port, "/", { headers })).status;
  const until429 = async (headers: () => Record<string, string>, most: number) => {
    const found = new Set<number>();
    for (let i = 0; i < most && !found.has(429); i += 1) found.add(await ask(headers()));
    return [...found];
  };
  let guess = 0;
  const guesses = () => {
    guess += 1;
    return { ...shown(`k8sh_${String(guess).padStart(43, "x")}`), ...client("192.0.2.20") };
  };
  expect(await until429(guesses, 20)).toEqual([401, 429]);
  const path = `/workspaces/${workspace}/ports/${app.port}`;
  await fixture.gateway.api("PUT", path, { token: fixture.alice, json: { share: "public" } });
  const answers = await until429(() => client("192.0.2.21"), 20);
  expect(answers.at(-1)).toBe(429);
  const token = await fixture.gateway.token("alice", ["*"], "busy");
  expect(await until429(() => ({ ...shown(token), ...client("192.0.2.22") }), 40)).toEqual([200, 429]);
});
