import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { routes } from "@k8shell/contract";
import { Code, RpcError } from "@k8shell/rpc";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bind, handled, json } from "../src/http/handler.ts";
import { type GatewayHarness, startGateway } from "./gateway-harness.ts";

let gateway: GatewayHarness;
let alice: string;
let bob: string;
let failure: unknown;
let firstChunk: Promise<string> | undefined;

beforeAll(async () => {
  gateway = await startGateway({
    limits: { jsonBytes: 1000, headerBytes: 4096 },
    routes: () => [
      // Each stands in for the platform's route of that name, whose guard it keeps.
      bind(routes.getWorkspaceSystemInfo, () => {
        throw failure;
      }),
      bind(routes.createUser, ({ body }) => json(201, { leaked: body.username })),
      bind(routes.uploadFile, async ({ request, acceptBody }) => {
        acceptBody();
        // Not `once` for "data" and then for "end": the end may come before the second listener.
        for await (const chunk of request.raw) firstChunk ??= Promise.resolve(String(chunk));
        return { status: 204 };
      }),
      bind(routes.getAppLogs, ({ reply, signal }) => {
        reply.raw.writeHead(200, { "content-type": "text/plain" });
        reply.raw.write("first line\n");
        signal.addEventListener("abort", () => reply.raw.end("stopped\n"));
        return handled;
      }),
    ],
  });
  alice = await gateway.addUser("alice");
  bob = await gateway.addUser("bob");
  gateway.addWorkspace("alice-1", "alice");
});
afterAll(() => gateway.close());

const errorOf = async (response: Response) => {
  const body = (await response.json()) as Record<string, unknown>;
  expect(body).toEqual({
    status: response.status,
    msg: expect.stringMatching(/\S/),
    code: expect.stringMatching(/^[a-z_]+$/),
    requestId: expect.stringMatching(/\S{8,}/),
  });
  return body;
};

/** Sends bytes and resolves to everything that comes back before the server closes the connection. */
const rawExchange = async (text: string): Promise<string> => {
  const { port } = new URL(gateway.url);
  const socket = connect(Number(port), "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk.toString();
  });
  socket.write(text);
  await once(socket, "close");
  return answer;
};

test.each([
  ["an unknown path", "GET", "/nothing", 404, "not_found"],
  ["an unknown path outside the API", "GET", "/../../nothing", 404, "not_found"],
  ["a method that a path does not have", "PUT", "/healthcheck", 405, "method_not_allowed"],
  ["a path that is not valid", "GET", "/workspaces/%zz", 400, "bad_request"],
  ["nobody signed in", "GET", "/workspaces/alice-1", 401, "unauthenticated"],
])("answers %s with the error body", async (_what, method, path, status, code) => {
  const response = await gateway.api(method, path);
  expect(response.status).toBe(status);
  expect(await errorOf(response)).toMatchObject({ code });
});

test("says which methods a path has", async () => {
  const response = await gateway.api("DELETE", "/workspaces/");
  expect(response.status).toBe(405);
  expect(response.headers.get("allow")).toBe("GET, HEAD, POST");
});

test("serves both slash forms and never redirects", async () => {
  for (const path of ["/workspaces", "/workspaces/", "/workspaces/alice-1", "/workspaces/alice-1/"]) {
    expect((await gateway.api("GET", path, { token: alice })).status).toBe(200);
  }
});

test("answers HEAD like GET without the body", async () => {
  const get = await gateway.api("GET", "/workspaces/alice-1", { token: alice });
  const head = await gateway.api("HEAD", "/workspaces/alice-1", { token: alice });
  expect(head.status).toBe(200);
  expect(head.headers.get("content-length")).toBe(String((await get.text()).length));
  expect(await head.text()).toBe("");
  expect((await gateway.api("HEAD", "/workspaces/alice-1")).status).toBe(401);
});

test("takes over a sane request id and replaces any other", async () => {
  const idFor = async (id: string) =>
    (await gateway.api("GET", "/healthcheck", { headers: { "x-request-id": id } })).headers.get(
      "x-request-id",
    );
  expect(await idFor("trace-0123456789")).toBe("trace-0123456789");
  expect(await idFor("short")).not.toBe("short");
  expect(await idFor("x".repeat(300))).toMatch(/^[0-9a-f-]{36}$/);
  expect(await idFor('"><script>alert(1)')).toMatch(/^[0-9a-f-]{36}$/);
});

test("API answers may not be cached, sniffed or framed", async () => {
  const { headers } = await gateway.api("GET", "/healthcheck");
  expect(headers.get("cache-control")).toBe("no-store");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  expect(headers.get("server")).toBeNull();
  expect(headers.get("x-powered-by")).toBeNull();
});

test("anonymous callers learn nothing but 401, whatever else is wrong", async () => {
  for (const [method, path, body] of [
    ["GET", "/workspaces/unknown", undefined],
    ["GET", "/workspaces/alice-1/files", undefined],
    ["POST", "/workspaces", "{"],
    ["PATCH", "/users/alice/profile", "not json"],
    ["DELETE", "/users/alice/tokens/notanumber", undefined],
  ] as const) {
    const response = await gateway.api(method, path, {
      body,
      headers: { "content-type": "application/json" },
    });
    expect([path, response.status]).toEqual([path, 401]);
    expect(response.headers.get("www-authenticate")).toContain("Bearer");
  }
});

test("somebody else's workspace is 403, one that does not exist 404, before any word about the request itself", async () => {
  const status = async (path: string) => (await gateway.api("GET", path, { token: bob })).status;
  expect(await status("/workspaces/alice-1")).toBe(403);
  expect(await status("/workspaces/alice-1/files")).toBe(403);
  expect(await status("/workspaces/alice-9")).toBe(404);
  const own = await gateway.api("GET", "/workspaces/alice-1/files", { token: alice });
  expect(own.status).toBe(400);
  expect((await errorOf(own)).msg).toContain('"path"');
});

test("a token without the scope is refused after policy agreed", async () => {
  const limited = await gateway.token("alice", ["session:list"]);
  const response = await gateway.api("GET", "/workspaces/alice-1", { token: limited });
  expect(response.status).toBe(403);
  expect(await errorOf(response)).toMatchObject({ code: "insufficient_scope" });
});

test("bodies that are not valid are refused, naming the field", async () => {
  const send = (body: string, type = "application/json") =>
    gateway.api("PATCH", "/me/profile", { token: alice, body, headers: { "content-type": type } });
  expect(await errorOf(await send("{"))).toMatchObject({ status: 400, code: "invalid_body" });
  expect((await errorOf(await send('{"fullname":5}'))).msg).toContain('"fullname"');
  expect(await errorOf(await send("fullname: x", "text/yaml"))).toMatchObject({ status: 415 });
  expect(await errorOf(await send(JSON.stringify({ fullname: "x".repeat(2000) })))).toMatchObject({
    status: 413,
  });
  expect((await send('{"fullname":"Alice A"}', "application/vnd.x+json; charset=utf-8")).status).toBe(200);
});

test("a chunked body cannot pass the limit either", async () => {
  const status = await new Promise((resolve, reject) => {
    const request = httpRequest(
      `${gateway.url}/api/v1/me/profile`,
      { method: "PATCH", headers: { authorization: `Bearer ${alice}`, "content-type": "application/json" } },
      (response) => {
        response.resume();
        resolve(response.statusCode);
        request.destroy();
      },
    );
    request.on("error", reject);
    for (let i = 0; i < 10; i += 1) request.write("x".repeat(500));
  });
  expect(status).toBe(413);
});

test("prototype keys in a body have no effect", async () => {
  const response = await gateway.api("PATCH", "/me/profile", {
    token: alice,
    body: '{"__proto__":{"sudo":true},"constructor":{"prototype":{"sudo":true}},"fullname":"Alice"}',
    headers: { "content-type": "application/json" },
  });
  expect(response.status).toBe(200);
  expect(Reflect.get({}, "sudo")).toBeUndefined();
});

test("an empty body with a content type is no body", async () => {
  const response = await gateway.api("POST", "/auth/logout", {
    body: "",
    headers: { "content-type": "application/json" },
  });
  expect(response.status).toBe(204);
});

test("headers that are too large, and bytes that are no request, are answered in kind", async () => {
  const large = await rawExchange(
    `GET /livez HTTP/1.1\r\nhost: localhost\r\nx-big: ${"a".repeat(9000)}\r\n\r\n`,
  );
  expect(large).toMatch(/^HTTP\/1\.1 431 /);
  expect(JSON.parse(large.split("\r\n\r\n")[1] ?? "")).toMatchObject({
    status: 431,
    code: "headers_too_large",
  });
  const garbage = await rawExchange("\x16\x03\x01 hello\r\n\r\n");
  expect(garbage).toMatch(/^HTTP\/1\.1 400 /);
});

test("two Authorization headers are refused", async () => {
  const answer = await rawExchange(
    `GET /api/v1/me/profile HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${alice}\r\nauthorization: Bearer ${bob}\r\nconnection: close\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 401 /);
});

test("what an internal error says goes to the log and not to the caller", async () => {
  const call = () => gateway.api("GET", "/workspaces/alice-1/sysinfo", { token: alice });
  for (const [thrown, status] of [
    [new Error("secret-path /var/lib/x"), 500],
    [new RpcError(Code.Internal, "secret-path: no such table"), 500],
    [new RpcError(Code.Unknown, "secret-path"), 500],
    [new RpcError(Code.Unavailable, "secret-path 10.0.0.1:9020"), 503],
    [new RpcError(Code.DeadlineExceeded, "secret-path"), 504],
    [new RpcError(Code.Unimplemented, "secret-path"), 501],
    ["secret-path", 500],
  ] as const) {
    failure = thrown;
    const response = await call();
    expect(response.status).toBe(status);
    expect(JSON.stringify(await errorOf(response))).not.toContain("secret-path");
  }
  expect(gateway.logged()).toContain("secret-path /var/lib/x");
});

test.each([
  [Code.InvalidArgument, 400],
  [Code.Unauthenticated, 401],
  [Code.PermissionDenied, 403],
  [Code.NotFound, 404],
  [Code.AlreadyExists, 409],
  [Code.FailedPrecondition, 409],
  [Code.Aborted, 409],
  [Code.ResourceExhausted, 429],
  [Code.OutOfRange, 400],
])("a service's status %i is a %i", async (code, status) => {
  failure = new RpcError(code, "for the caller");
  const response = await gateway.api("GET", "/workspaces/alice-1/sysinfo", { token: alice });
  expect(response.status).toBe(status);
  await errorOf(response);
});

test("a handler that answers without a decision gets nothing out", async () => {
  const response = await gateway.api("POST", "/users", {
    token: alice,
    json: { username: "mallory", org: "default" },
  });
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("mallory");
  expect(gateway.logged()).toContain("createUser answered without an authorization decision");
});

test("a raw body reaches its handler while it is still being sent", async () => {
  firstChunk = undefined;
  const request = httpRequest(`${gateway.url}/api/v1/workspaces/alice-1/files?path=x`, {
    method: "PUT",
    headers: { authorization: `Bearer ${alice}`, "content-type": "application/octet-stream" },
  });
  const answered = once(request, "response");
  request.write("the beginning");
  while (!firstChunk) await new Promise((resume) => setTimeout(resume, 5));
  expect(await firstChunk).toBe("the beginning");
  request.end("the end");
  const [response] = await answered;
  response.resume();
  expect(response.statusCode).toBe(204);
});

test("a client that asks first is not invited to send a body that is refused", async () => {
  const send = (token: string) =>
    new Promise<{ invited: boolean; status: number | undefined }>((resolve, reject) => {
      let invited = false;
      const request = httpRequest(`${gateway.url}/api/v1/workspaces/alice-1/files?path=x`, {
        method: "PUT",
        headers: { authorization: `Bearer ${token}`, expect: "100-continue", "content-length": 4 },
      });
      request.on("continue", () => {
        invited = true;
        request.end("body");
      });
      request.on("response", (response) => {
        response.resume();
        resolve({ invited, status: response.statusCode });
        request.destroy();
      });
      request.on("error", reject);
      request.flushHeaders();
    });
  expect(await send(bob)).toEqual({ invited: false, status: 403 });
  expect(await send(alice)).toEqual({ invited: true, status: 204 });
});

test("a client that reads only when it has sent much gets the answer of a refused upload", async () => {
  const { port } = new URL(gateway.url);
  const socket = connect(Number(port), "127.0.0.1");
  const broken: unknown[] = [];
  socket.on("error", (error) => broken.push(error));
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.write(
    `PUT /api/v1/workspaces/alice-1/files?path=a HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
      `Authorization: Bearer ${bob}\r\nContent-Length: 1000000000\r\n\r\n`,
  );
  // Long after the server has answered.
  for (let piece = 0; piece < 300; piece++) {
    socket.write(Buffer.alloc(10_000));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  let answer = "";
  socket.on("data", (data) => {
    answer += data;
  });
  await closed;
  expect(broken).toEqual([]);
  expect(answer).toMatch(/^HTTP\/1\.1 403 /);
});

test("stopping ends endless answers at once and lets the others finish", async () => {
  const begun = Promise.withResolvers<void>();
  const mayFinish = Promise.withResolvers<void>();
  const local = await startGateway({
    routes: () => [
      bind(routes.getAppLogs, ({ reply, signal }) => {
        reply.raw.writeHead(200, { "content-type": "text/plain" });
        reply.raw.write("first line\n");
        signal.addEventListener("abort", () => reply.raw.end("stopped\n"));
        return handled;
      }),
      bind(routes.getWorkspace, async ({ signal }) => {
        begun.resolve();
        await mayFinish.promise;
        return json(200, { aborted: signal.aborted });
      }),
    ],
  });
  const token = await local.addUser("carol");
  local.addWorkspace("carol-1", "carol");
  const endless = await local.api("GET", "/workspaces/carol-1/apps/web/logs", { token });
  const finite = local.api("GET", "/workspaces/carol-1", { token });
  await begun.promise;
  const closed = local.gateway.server.close(20_000);
  expect(await endless.text()).toBe("first line\nstopped\n");
  mayFinish.resolve();
  const finished = await finite;
  expect(await finished.json()).toEqual({ aborted: false });
  expect(finished.headers.get("connection")).toBe("close");
  await closed;
  await expect(fetch(`${local.url}/livez`)).rejects.toThrow();
  await local.close();
});

test("a client that goes away is noticed", async () => {
  let noticed: Promise<unknown> | undefined;
  const local = await startGateway({
    routes: () => [
      bind(routes.getAppLogs, ({ reply, signal }) => {
        noticed = once(signal, "abort");
        reply.raw.writeHead(200, { "content-type": "text/plain" });
        reply.raw.write("first line\n");
        return handled;
      }),
    ],
  });
  const token = await local.addUser("carol");
  local.addWorkspace("carol-1", "carol");
  const leave = new AbortController();
  await local.api("GET", "/workspaces/carol-1/apps/web/logs", { token, signal: leave.signal });
  leave.abort();
  await noticed;
  await local.close();
});
