import { compressionAlgorithms } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { bareClient, status } from "../bare/client.ts";
import { app, connect, execute, shell, ssh, system } from "../bare/daemon.ts";
import type { WireMessage } from "../bare/wire.ts";
import { eventually } from "../fixture.ts";

// What a client that knows nothing but the contract sees: field numbers, metadata, status codes.

test("the package is k8shelld without a version, and there is no health service", async () => {
  const { bare } = await connect();
  expect((await bare.unary(system("Handshake"))).code).toBe(status.OK);
  for (const path of [
    "/k8shelld.v1.SystemService/Handshake",
    "/grpc.health.v1.Health/Check",
    system("GetBlueprint"),
  ]) {
    expect((await bare.unary(path)).code, path).toBe(status.UNIMPLEMENTED);
  }
});

test("a handshake of an old client with its user token is answered; a refusal is an ordinary answer", async () => {
  const { bare } = await connect();
  const { response } = await bare.unary(system("Handshake"), [
    [1, "0.45.0"],
    [2, "eyJhbGciOiJFUzI1NiJ9.e30.c2ln"],
  ]);
  expect(response.text(1)).toMatch(/^\d+\.\d+\.\d+-\w+$/);
  expect(response.number(2)).toBe(1);
  const refused = await bare.unary(system("Handshake"), [[1, "1.0.0"]]);
  expect(refused.code).toBe(status.OK);
  expect(refused.response.numbers).toEqual([1, 3]);
});

test("without the token nothing is answered, be it unary or a stream", async () => {
  const { config } = await connect();
  const stranger = bareClient(`unix:${config.listen}`);
  expect((await stranger.unary(system("SystemInfo"))).code).toBe(status.UNAUTHENTICATED);
  const call = shell(stranger, "ws-1");
  expect((await call.ended).code).toBe(status.UNAUTHENTICATED);
  expect(call.frames).toEqual([]);
});

test("compressed messages are understood, messages of up to 32 MiB taken, larger ones RESOURCE_EXHAUSTED", async () => {
  const { config } = await connect();
  const gzip = bareClient(`unix:${config.listen}`, config.tokenFile, {
    "grpc.default_compression_algorithm": compressionAlgorithms.gzip,
  });
  expect((await gzip.unary(system("Handshake"), [[1, "0.1.0".repeat(1000)]])).code).toBe(status.OK);
  const bare = bareClient(`unix:${config.listen}`, config.tokenFile);
  const count = execute(bare, "ex-1", [[2, "wc -c"]]);
  count.write([[2, Buffer.alloc(31 << 20)]]);
  count.end();
  await count.ended;
  expect(count.output(1).toString().trim()).toBe(String(31 << 20));
  const tooLarge = execute(bare, "ex-2", [[2, "wc -c"]]);
  tooLarge.write([[2, Buffer.alloc(33 << 20)]]);
  expect((await tooLarge.ended).code).toBe(status.RESOURCE_EXHAUSTED);
});

test("what is no message at all is INTERNAL, and the daemon goes on", async () => {
  const { bare, config } = await connect();
  const broken = Uint8Array.of(0x0a, 0x7f, 0x61);
  const call = bare.stream(ssh("Shell"), { "session-id": "ws-1" });
  call.write([[1, broken]]);
  expect((await call.ended).code).toBe(status.INTERNAL);
  const notUtf8: WireMessage = [[1, Uint8Array.of(0xff, 0xfe)]];
  expect((await bare.unary(system("Handshake"), notUtf8)).code).toBe(status.INTERNAL);
  const other = bareClient(`unix:${config.listen}`, config.tokenFile);
  expect((await other.unary(system("Handshake"))).code).toBe(status.OK);
});

test("system information has RFC 3339 times, and no docker field where there is no engine", async () => {
  const { bare } = await connect();
  const { response } = await bare.unary(system("SystemInfo"));
  expect(response.text(1)).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(response.messages(2)[0]?.text(1)).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(response.messages(3).length).toBeGreaterThan(0);
  expect(response.numbers).not.toContain(4);
});

test("pages of the log hold 100 entries unless asked otherwise, oldest first, and tell when there are older ones", async () => {
  const { bare } = await connect();
  for (let count = 0; count < 60; count++) {
    const call = execute(bare, `ex-${count}`, [[2, ":"]]);
    call.end();
    await call.ended;
  }
  const page = async (fields: WireMessage) => {
    const { response } = await bare.unary(system("GetLogsPage"), fields);
    const ids = response.messages(1).map((entry) => entry.number(5) ?? 0);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    return { ids, more: response.number(2) === 1 };
  };
  const newest = await page([]);
  expect(newest.ids).toHaveLength(100);
  expect(newest.more).toBe(true);
  const rest = await page([[3, newest.ids[0] ?? 0]]);
  expect(rest.ids.at(-1)).toBe((newest.ids[0] ?? 0) - 1);
  expect(rest).toMatchObject({ more: false });
  expect((await page([[4, 2]])).ids).toEqual(newest.ids.slice(-2));
  for (const negative of [[3, -1n] as const, [4, -1n] as const]) {
    expect((await bare.unary(system("GetLogsPage"), [negative])).code).toBe(status.INVALID_ARGUMENT);
  }
});

test("the log stream ends after last_n entries, and with follow only when it is cancelled", async () => {
  const { bare } = await connect();
  await execute(bare, "ex-1", [[2, ":"]]).ended;
  const three = bare.serverStream(system("GetLogsStream"), [[4, 2]]);
  expect((await three.ended).code).toBe(status.OK);
  expect(three.frames).toHaveLength(2);
  const following = bare.serverStream(system("GetLogsStream"), [
    [3, true],
    [4, 1],
  ]);
  await eventually(() => following.frames.length === 1);
  await execute(bare, "ex-2", [[2, ":"]]).ended;
  await eventually(() => following.frames.length > 1);
  following.cancel();
  expect((await following.ended).code).toBe(status.CANCELLED);
});

test("apps have the documented status words and codes, and lines of their logs have no newline", async () => {
  const web = {
    name: "web",
    enabled: true,
    binary: "",
    start: ["/bin/sh", "-c", "echo one; echo two; sleep 60"],
    listen: 0,
    restartPolicy: "never" as const,
    autoStart: false,
    protocol: "http",
  };
  const { bare } = await connect({ apps: [web] });
  const statusOf = async () => (await bare.unary(app("ListApps"))).response.messages(1)[0]?.text(2);
  const [listed] = (await bare.unary(app("ListApps"))).response.messages(1);
  expect([1, 2, 3].map((field) => listed?.text(field))).toEqual(["web", "STOPPED", "N/A"]);
  const code = async (method: string, name: string) => (await bare.unary(app(method), [[1, name]])).code;
  for (const method of ["InstallApp", "StartApp", "StopApp", "GetLogs"]) {
    expect(await code(method, ""), method).toBe(status.INVALID_ARGUMENT);
    expect(await code(method, "other"), method).toBe(status.NOT_FOUND);
  }
  expect(await code("StopApp", "web")).toBe(status.FAILED_PRECONDITION);
  expect((await bare.unary(app("GetLogs"), [[1, "web"]])).response.numbers).toEqual([]);
  expect((await bare.serverStream(app("GetLogsStream"), [[1, "web"]]).ended).code).toBe(status.NOT_FOUND);
  expect(await code("StartApp", "web")).toBe(status.OK);
  await eventually(async () => (await statusOf()) === "RUNNING");
  expect(await code("StartApp", "web")).toBe(status.FAILED_PRECONDITION);
  const log = bare.serverStream(app("GetLogsStream"), [[1, "web"]]);
  await eventually(() => log.frames.length >= 2);
  expect(log.frames.slice(0, 2).map((frame) => frame.text(1))).toEqual(["one", "two"]);
  expect(await code("StopApp", "web")).toBe(status.OK);
  expect((await log.ended).code).toBe(status.OK);
  expect(await statusOf()).toBe("STOPPED");
});
