import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Config, defaultConfig } from "../src/config/config.ts";
import { createMetrics } from "../src/metrics/metrics.ts";
import { startAssembled } from "./assembled.ts";
import { startGateway } from "./gateway-harness.ts";

const start = async (metrics: Partial<Config["metrics"]> = {}, http: Partial<Config["http"]> = {}) => {
  const gateway = await startGateway({
    metrics: createMetrics("0.0.0-test"),
    config: (config) => ({
      ...config,
      http: { ...config.http, ...http },
      metrics: { ...config.metrics, ...metrics },
    }),
  });
  onTestFinished(() => gateway.close());
  return gateway;
};
type Gateway = Awaited<ReturnType<typeof start>>;
const read = (gateway: Gateway, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}/metrics`, { headers });

test("counts requests by route and status, never by what a user wrote", async () => {
  const gateway = await start();
  const alice = await gateway.addUser("alice");
  gateway.addWorkspace("alice-1", "alice");
  await gateway.api("GET", "/workspaces/alice-1", { token: alice });
  await gateway.api("GET", "/workspaces/alice-secret-name", { token: alice });
  await gateway.api("GET", "/nothing/secret-path");
  const response = await read(gateway);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const text = await response.text();
  const route = 'method="GET",route="/api/v1/workspaces/:name"';
  expect(text).toContain(`k8shell_http_request_duration_seconds_count{${route},status="200"} 1`);
  expect(text).toContain(`k8shell_http_request_duration_seconds_count{${route},status="404"} 1`);
  expect(text).toContain('{method="any",route="unmatched",status="404"} 1');
  expect(text).toContain('k8shell_backend_up{backend="kv",mode="embedded"} 1');
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
  expect(text).toMatch(/^process_resident_memory_bytes \d+/m);
  expect(text).toMatch(/^k8shell_connections [1-9]/m);
  expect(text).not.toMatch(/secret|alice/);
});

test("is open to this machine, but not through a proxy on it", async () => {
  const gateway = await start();
  expect((await read(gateway)).status).toBe(200);
  const refused = await read(gateway, { "x-forwarded-for": "127.0.0.1" });
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({ code: "source_not_allowed" });
});

test("is open to a client behind a trusted proxy whose own address is allowed", async () => {
  const gateway = await start({ allowedCIDRs: ["10.1.0.0/16"] }, { trustedProxies: ["127.0.0.1"] });
  expect((await read(gateway)).status).toBe(403);
  expect((await read(gateway, { "x-forwarded-for": "10.1.2.3" })).status).toBe(200);
  expect((await read(gateway, { "x-forwarded-for": "10.2.2.3" })).status).toBe(403);
});

test("is open to whoever has the token, from anywhere", async () => {
  const dir = await mkdtemp(join(tmpdir(), "metrics-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, "token");
  await writeFile(file, "a-long-token\n");
  const gateway = await start({ allowedCIDRs: ["192.0.2.0/24"], tokenFilePath: file });
  expect((await read(gateway)).status).toBe(403);
  expect((await read(gateway, { authorization: "Bearer a-long-tokem" })).status).toBe(403);
  expect((await read(gateway, { authorization: "Bearer a-long-token" })).status).toBe(200);
});

const startWhole = async (metrics: Partial<Config["metrics"]> = {}) => {
  const config = defaultConfig();
  const whole = await startAssembled({ ...config, metrics: { ...config.metrics, ...metrics } });
  onTestFinished(() => whole.close());
  return whole;
};

test("measures calls to services and operations of the store of a whole server", async () => {
  const { request, admin } = await startWhole();
  await request("GET", "/api/v1/me/profile", { credentials: admin });
  await request("GET", "/api/v1/healthcheck");
  const text = await (await request("GET", "/metrics")).text();
  const call = (service: string, method: string) =>
    `k8shell_rpc_duration_seconds_count{service="${service}",method="${method}",code="Ok"}`;
  expect(text).toContain(call("identity.v1.IdentityService", "ResolveAccessToken"));
  expect(text).toContain(call("authz.v1.AuthzService", "Evaluate"));
  expect(text).toContain('k8shell_kv_duration_seconds_count{operation="ping",outcome="ok"}');
  expect(text).toContain('k8shell_backend_up{backend="identity",mode="embedded"} 1');
  expect(text).toMatch(/^k8shell_live_connections\{kind="terminal"\} 0$/m);
  expect(text).toMatch(/^k8shell_live_bytes_total\{kind="terminal",direction="sent"\} 0$/m);
  expect(text).toMatch(/^k8shell_workspace_channels \d+$/m);
});

test("may have a port of their own, and then no other", async () => {
  const { request, server } = await startWhole({ port: 0 });
  expect((await request("GET", "/metrics")).status).toBe(404);
  const url = server.metricsUrl ?? "";
  expect(await (await fetch(url)).text()).toContain('k8shell_info{version="0.0.0-test"} 1');
  expect((await fetch(url.replace("/metrics", "/other"))).status).toBe(404);
  expect((await fetch(url, { headers: { "x-forwarded-for": "127.0.0.1" } })).status).toBe(403);
});
