import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { defaultConfig } from "../src/config/config.ts";
import { startOtlpTracing } from "../src/tracing/otlp.ts";
import { tracingSettings } from "../src/tracing/settings.ts";
import { startAssembled } from "./assembled.ts";
import { startGateway } from "./gateway-harness.ts";

const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  attributes: z.array(z.object({ key: z.string(), value: z.looseObject({}) })),
});
const exportRequest = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(z.object({ key: z.string(), value: z.looseObject({}) })) }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
});
type Exported = z.output<typeof span> & { service: unknown };

/** A collector that understands OTLP/HTTP with JSON. */
const startCollector = async () => {
  const spans: Exported[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const { resourceSpans } = exportRequest.parse(JSON.parse(Buffer.concat(chunks).toString()));
      for (const { resource, scopeSpans } of resourceSpans) {
        const service = resource.attributes.find(({ key }) => key === "service.name")?.value.stringValue;
        for (const scope of scopeSpans) spans.push(...scope.spans.map((one) => ({ ...one, service })));
      }
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { spans, url: `http://127.0.0.1:${port}/v1/traces` };
};

const traceId = "0af7651916cd43dd8448eb211c80319c";
const parentId = "b7ad6b7169203331";
const traceparent = `00-${traceId}-${parentId}-01`;

test("a request's trace goes on from its caller to the services, and its id is in the error body", async () => {
  const { spans, url } = await startCollector();
  const config = defaultConfig();
  const whole = await startAssembled({ ...config, tracing: { endpoint: url } });
  const response = await whole.request("GET", "/api/v1/workspaces/no-such-workspace", {
    credentials: { ...whole.admin, traceparent },
  });
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ requestId: traceId });
  expect(response.headers.get("x-request-id")).toBe(traceId);
  // Closing sends what is left.
  await whole.close();
  const ofTrace = spans.filter((one) => one.traceId === traceId);
  const root = ofTrace.find(({ name }) => name === "GET /api/v1/workspaces/:name");
  expect(root).toMatchObject({ parentSpanId: parentId, kind: 2, service: "k8shell-api-server" });
  const attributes = Object.fromEntries((root?.attributes ?? []).map(({ key, value }) => [key, value]));
  expect(attributes).toMatchObject({
    "http.route": { stringValue: "/api/v1/workspaces/:name" },
    "http.response.status_code": { intValue: 404 },
    "enduser.id": { stringValue: "admin" },
  });
  const call = ofTrace.find(({ name }) => name === "provisioner.v1.ProvisionerService/FindWorkspace");
  expect(call).toMatchObject({ parentSpanId: root?.spanId, kind: 3 });
  // Nothing of the request itself but its route.
  expect(JSON.stringify(spans)).not.toContain("no-such-workspace");
});

test("without a caller's trace the id of the new one is the request's, in the log too; a caller's own id wins", async () => {
  const { spans, url } = await startCollector();
  const tracing = startOtlpTracing({ endpoint: url, ratio: 1, version: "0.0.0-test" });
  const gateway = await startGateway({
    tracing,
    config: (config) => ({
      ...config,
      http: { ...config.http, logging: { ...config.http.logging, enabled: true } },
    }),
  });
  const alice = await gateway.addUser("alice");
  const plain = await gateway.api("GET", "/me/profile", { token: alice });
  const named = await gateway.api("GET", "/me/profile?secret=x", {
    token: alice,
    headers: { "x-request-id": "request-of-mine" },
  });
  await Promise.all([plain.text(), named.text()]);
  await gateway.close();
  await tracing.close();
  const id = plain.headers.get("x-request-id") ?? "";
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(spans.filter((one) => one.traceId === id && one.name === "GET /api/v1/me/profile")).toHaveLength(1);
  expect(named.headers.get("x-request-id")).toBe("request-of-mine");
  const lines = gateway
    .logged()
    .split("\n")
    .filter((line) => line.includes('"msg":"request"'))
    .map((line): Record<string, unknown> => JSON.parse(line));
  expect(lines[0]).toEqual({
    level: 30,
    time: expect.any(Number),
    requestId: id,
    traceId: id,
    method: "GET",
    path: "/api/v1/me/profile",
    route: "/api/v1/me/profile",
    status: 200,
    user: "alice",
    clientIp: "127.0.0.1",
    bytes: expect.any(Number),
    ms: expect.any(Number),
    msg: "request",
  });
  expect(lines[1]).toMatchObject({ requestId: "request-of-mine", path: "/api/v1/me/profile" });
  expect(lines[1]?.traceId).toMatch(/^[0-9a-f]{32}$/);
});

test("the access log with headers has none that carry secrets", async () => {
  const gateway = await startGateway({
    config: (config) => ({
      ...config,
      http: { ...config.http, logging: { enabled: true, requestHeaders: true, responseHeaders: true } },
    }),
  });
  onTestFinished(() => gateway.close());
  const alice = await gateway.addUser("alice");
  const cookie = await gateway.signIn("alice");
  await gateway.api("GET", "/me/profile", {
    token: alice,
    headers: { cookie, "x-plain": "shown", "k8shell-authorization": "Bearer app-secret" },
  });
  await expect.poll(gateway.logged).toContain('"x-plain":"shown"');
  const line =
    gateway
      .logged()
      .split("\n")
      .find((one) => one.includes('"x-plain":"shown"')) ?? "";
  expect(line).toContain("responseHeaders");
  for (const secret of [alice, cookie.split("=")[1] ?? "", "app-secret"]) expect(line).not.toContain(secret);
});

test("traces are configured by the file, else by the standard variables, and off otherwise", () => {
  const config = defaultConfig();
  const endpoint = "http://collector:4318/v1/traces";
  const inFile = { ...config, tracing: { endpoint, samplePercent: 25 } };
  const inEnvironment = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };
  expect(tracingSettings(config, {})).toBeUndefined();
  expect(tracingSettings(inFile, {})).toEqual({ endpoint, ratio: 0.25 });
  expect(tracingSettings(config, inEnvironment)).toEqual({ endpoint: undefined, ratio: 1 });
  const sampled = { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.1" };
  expect(tracingSettings(config, { ...inEnvironment, ...sampled })?.ratio).toBe(0.1);
  expect(tracingSettings(config, { ...inEnvironment, OTEL_TRACES_EXPORTER: "none" })).toBeUndefined();
  expect(tracingSettings(inFile, { OTEL_SDK_DISABLED: "true" })).toBeUndefined();
});
