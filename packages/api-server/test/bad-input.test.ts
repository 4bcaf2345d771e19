import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { allRoutes, type RouteSpec, routePath } from "@k8shell/contract";
import { CloudshellMessageSchema } from "@k8shell/contract/gen/cloudshell/cloudshell_pb.js";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import {
  type Assembled,
  bearer,
  type Credentials,
  createWorkspace,
  startAssembled,
  textOf,
} from "./assembled.ts";

/**
 * Bad input over real sockets: whatever is sent, the server answers with less than 500, or closes the connection, and
 * goes on serving others. Everything is sent by alice, who owns a running workspace.
 */
let assembled: Assembled;
let workspace: string;
let alice: Credentials;

beforeAll(async () => {
  assembled = await startAssembled();
  const { admin, api } = assembled;
  const body = { username: "alice", org: "default", roles: ["developer"] };
  await api("POST", "/users", { credentials: admin, body });
  const made = await api("POST", "/users/alice/tokens", {
    credentials: admin,
    body: { name: "fuzz", scopes: ["*"] },
  });
  alice = bearer(textOf(made, "token"));
  ({ workspace } = await createWorkspace(assembled, "alice", alice));
}, 120_000);

afterAll(async () => {
  await assembled?.close();
}, 60_000);

afterEach(async () => {
  // Still there, still knows alice, and nothing was logged as the server's own failure.
  expect((await assembled.request("GET", "/api/v1/me/profile", { credentials: alice })).status).toBe(200);
  expect(assembled.errors.splice(0)).toEqual([]);
});

/** Bytes as they are, over one connection that is half-closed after them; the statuses of the answers. */
const sendRaw = async (bytes: Uint8Array): Promise<number[]> => {
  const socket = connect({ host: "127.0.0.1", port: assembled.server.port });
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  // A server that has heard enough closes while we still write.
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  socket.setTimeout(10_000, () => socket.destroy(new Error("no answer")));
  socket.end(bytes);
  await closed;
  const text = Buffer.concat(chunks).toString("latin1");
  return [...text.matchAll(/(?:^|\r\n)HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
};

const expectCalm = (statuses: readonly number[]) => {
  expect(statuses.filter((status) => status >= 500)).toEqual([]);
};

const authorization = () => `authorization: ${alice.authorization}\r\n`;

/** A request of any header lines, latin-1, without checks. */
const rawRequest = (
  line: string,
  headers: string,
  body: Uint8Array = new Uint8Array(),
): Promise<number[]> => {
  const head = Buffer.from(`${line}\r\n${headers}connection: close\r\n\r\n`, "latin1");
  return sendRaw(Buffer.concat([head, body]));
};

const nasty = [
  "",
  " ",
  ".",
  "..",
  "../../../../etc/passwd",
  "..\\..\\",
  "/",
  "//",
  "%",
  "%00",
  "%2e%2e%2f",
  "%ff%fe",
  "%c0%ae",
  "\u0000",
  "\u202e",
  "\ufeff",
  "ｅ",
  "*",
  "~",
  "alice~",
  "alice~dev+user=root",
  "b64-",
  "b64-***",
  "alice~repo=a/b/c",
  "__proto__",
  "constructor",
  "toString",
  "null",
  "undefined",
  "NaN",
  "-1",
  "0",
  "1e309",
  "99999999999999999999",
  "9223372036854775808",
  "true",
  "[]",
  "{}",
  "' or 1=1 --",
  "%{x}",
  "<script>alert(1)</script>",
  "a".repeat(300),
  "é".repeat(5000),
] as const;

const text = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...nasty) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 60 }) },
);
/** Without half characters, which cannot be written as UTF-8. */
const wellFormed = text.map((value) => value.toWellFormed());
const encoded = wellFormed.map((value) => encodeURIComponent(value));
/** What may stand in a request line: no spaces and line ends, but any other byte. */
const lineText = fc
  .oneof(
    text,
    fc.string({ unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)) }),
  )
  .map((value) => value.replace(/[\s\u0000]/g, "_").slice(0, 2000));
/** What may stand in a header: any byte but line ends. */
const headerText = fc
  .oneof(
    text,
    fc.string({ unit: fc.integer({ min: 0x09, max: 0xff }).map((code) => String.fromCharCode(code)) }),
  )
  .map((value) => value.replace(/[\r\n\u0000]/g, "").slice(0, 3000));

const runs = (numRuns: number) => ({
  numRuns,
  interruptAfterTimeLimit: 25_000,
  markInterruptAsFailure: false,
});

/** Alice ends her own account or token with none of these. */
const tried = allRoutes.filter(({ operationId }) => !/^revoke|Logout$/.test(operationId));
/** Routes go by their names in what a failing test prints. */
const specs = new Map(tried.map((spec) => [spec.operationId, spec]));
const specOf = (id: string): RouteSpec => {
  const spec = specs.get(id);
  if (!spec) throw new Error(id);
  return spec;
};
const oneOf = (specs: readonly RouteSpec[]) =>
  fc.constantFrom(...specs.map(({ operationId }) => operationId));

const fillPath = (spec: RouteSpec, values: Readonly<Record<string, string>>): string =>
  routePath(spec).replace(/:(\w+)/g, (_, name: string) => values[name] ?? "x");

const known = (): Record<string, string> => ({ username: "alice", name: workspace, app: "web", id: "77" });

const isJson = (spec: RouteSpec): boolean => typeof spec.body === "object";

const fieldsOf = (schema: z.ZodType): string[] =>
  Object.keys(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }).properties ?? {});

test("paths of any bytes", async () => {
  const methods = fc.constantFrom("GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "FOO");
  const prefix = fc.constantFrom("/api/v1/", "/api/v1", "/", "//", "/signin/", "/docs/", "http://x/", "");
  await fc.assert(
    fc.asyncProperty(methods, prefix, lineText, async (method, start, path) => {
      expectCalm(await rawRequest(`${method} ${start}${path} HTTP/1.1`, `host: x\r\n${authorization()}`));
    }),
    runs(400),
  );
});

test("path parameters of any text, on every route", async () => {
  await fc.assert(
    fc.asyncProperty(oneOf(tried), encoded, fc.boolean(), async (id, value, all) => {
      const spec = specOf(id);
      const names = [...routePath(spec).matchAll(/:(\w+)/g)].map(([, name]) => name ?? "");
      const values = Object.fromEntries(
        names.map((name, i) => [name, all || i === names.length - 1 ? value : known()[name]]),
      );
      const path = fillPath(spec, values as Record<string, string>);
      const body = isJson(spec) ? {} : undefined;
      const response = await assembled.request(spec.method, path.replaceAll("#", "%23"), {
        credentials: alice,
        body,
      });
      await response.arrayBuffer();
      expectCalm([response.status]);
    }),
    runs(600),
  );
});

test("query parameters of any text, once and repeated", async () => {
  const names = fc.constantFrom(
    "username",
    "all",
    "workspace",
    "last_n",
    "id",
    "scope",
    "path",
    "format",
    "delete",
    "state",
    "code",
    "provider",
    "redirect_uri",
    "redirect",
    "createPAT",
    "error",
    "logType",
    "follow",
    "force",
    "resource_owner",
    "tab",
    "cols",
    "__proto__",
  );
  const query = fc.array(fc.tuple(fc.oneof(names, wellFormed), wellFormed), { maxLength: 5 });
  const readable = tried.filter(({ method, responses }) => method === "GET" && responses[101] === undefined);
  await fc.assert(
    fc.asyncProperty(oneOf(readable), query, async (id, pairs) => {
      const spec = specOf(id);
      const path = `${fillPath(spec, known())}?${new URLSearchParams(pairs)}`;
      const response = await assembled.request("GET", path, { credentials: alice });
      await response.body?.cancel();
      expectCalm([response.status]);
    }),
    runs(500),
  );
});

test("every query parameter that a route declares, with any text", async () => {
  // Some of those texts do mean "delete it", and the other tests need the workspace.
  const harmless = tried.filter(({ operationId }) => operationId !== "deleteWorkspace");
  const declared = harmless.flatMap((spec) =>
    spec.query ? fieldsOf(spec.query).map((name) => ({ id: spec.operationId, name })) : [],
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...declared), wellFormed, async ({ id, name }, value) => {
      const spec = specOf(id);
      const path = `${fillPath(spec, known())}?${new URLSearchParams([[name, value]])}`;
      const body = isJson(spec) ? {} : undefined;
      const response = await assembled.request(spec.method, path, { credentials: alice, body });
      await response.body?.cancel();
      expectCalm([response.status]);
    }),
    runs(500),
  );
});

const bodied = tried.flatMap(({ operationId, body }) =>
  typeof body === "object" ? [{ id: operationId, fields: fieldsOf(body) }] : [],
);

const anyValue = fc.oneof(
  wellFormed,
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.oneof(wellFormed, fc.integer()), { maxLength: 4 }),
  fc.dictionary(wellFormed, wellFormed, { maxKeys: 3 }),
);

const withBody = async (id: string, body: Uint8Array, type = "application/json"): Promise<void> => {
  const spec = specOf(id);
  const headers = `host: x\r\n${authorization()}content-type: ${type}\r\ncontent-length: ${body.length}\r\n`;
  expectCalm(await rawRequest(`${spec.method} ${fillPath(spec, known())} HTTP/1.1`, headers, body));
};

test("JSON bodies with the right fields and any values", async () => {
  const filled = fc
    .constantFrom(...bodied)
    .chain(({ id, fields }) =>
      fc.tuple(
        fc.constant(id),
        fc.dictionary(fc.oneof(fc.constantFrom(...fields, "__proto__"), wellFormed), anyValue),
      ),
    );
  await fc.assert(
    fc.asyncProperty(filled, ([id, body]) => withBody(id, Buffer.from(JSON.stringify(body)))),
    runs(700),
  );
});

test("bodies of any JSON, of no JSON, and of any content type", async () => {
  const bytes = fc.oneof(
    fc.json().map((json) => Buffer.from(json)),
    fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
    fc
      .constantFrom(
        '{"a":',
        "\ufeff{}",
        '{"__proto__":{"admin":true}}',
        "[".repeat(20_000),
        '{"a":'.repeat(5000),
        "nul",
        '"\\ud800"',
        '{"a":1}{"b":2}',
        "",
      )
      .map((json) => Buffer.from(json)),
  );
  const types = fc.oneof(
    fc.constantFrom(
      "application/json",
      "application/json; charset=utf-16",
      "text/plain",
      "multipart/form-data",
      "application/x-www-form-urlencoded",
      "application/x-www-form-urlencoded; charset=x",
      "",
    ),
    headerText,
  );
  const ids = fc.constantFrom(...bodied.map(({ id }) => id));
  await fc.assert(
    fc.asyncProperty(ids, bytes, types, (id, body, type) => withBody(id, body, type)),
    runs(500),
  );
});

test("user strings of any text are clearly refused", async () => {
  const field = fc.option(wellFormed, { nil: undefined });
  // Somebody else's, so that a string that does make sense starts nothing; alice's own with blueprints that are none.
  const others = fc.record({
    username: fc.oneof(fc.constant("bob"), wellFormed),
    blueprint: field,
    repoOwner: field,
    repoName: field,
    repoRef: field,
    workloadKind: field,
    workloadName: field,
    pod: field,
    namespace: field,
  });
  const own = fc.record({ username: fc.constant("alice"), blueprint: wellFormed, namespace: field });
  await fc.assert(
    fc.asyncProperty(fc.oneof(others, own), async (body) => {
      const response = await assembled.request("POST", "/api/v1/workspaces", { credentials: alice, body });
      expect(await response.json()).toMatchObject({ msg: expect.any(String), status: response.status });
      expectCalm([response.status]);
    }),
    runs(300),
  );
});

test("cookies of any bytes", async () => {
  const cookie = fc.oneof(
    headerText,
    headerText.map((value) => `k8shell-session=${value}`),
    fc
      .array(headerText, { maxLength: 50 })
      .map((values) => values.map((value) => `k8shell-session=${value}`).join("; ")),
    fc.base64String({ maxLength: 200 }).map((value) => `k8shell-session="${value}"; k8shell-session=%00`),
  );
  await fc.assert(
    fc.asyncProperty(cookie, async (value) => {
      const statuses = await rawRequest("GET /api/v1/me/profile HTTP/1.1", `host: x\r\ncookie: ${value}\r\n`);
      expectCalm(statuses);
      expect(statuses).not.toContain(200);
    }),
    runs(300),
  );
});

test("authorization headers of any bytes", async () => {
  const value = fc.oneof(
    headerText,
    headerText.map((token) => `Bearer ${token}`),
    headerText.map((token) => `Bearer k8sh_${token}`),
    fc
      .tuple(fc.json(), fc.json(), text)
      .map((parts) => `Bearer ${parts.map((part) => Buffer.from(part).toString("base64url")).join(".")}`),
  );
  await fc.assert(
    fc.asyncProperty(value, async (header) => {
      const statuses = await rawRequest(
        "GET /api/v1/me/profile HTTP/1.1",
        `host: x\r\nauthorization: ${header}\r\n`,
      );
      expectCalm(statuses);
      expect(statuses).not.toContain(200);
    }),
    runs(300),
  );
});

test("Host, Origin, forwarding and request-id headers of any bytes, or none", async () => {
  const names = fc.constantFrom(
    "origin",
    "x-forwarded-host",
    "x-forwarded-for",
    "forwarded",
    "x-request-id",
    "accept",
    "accept-encoding",
    "if-none-match",
    "expect",
    "upgrade",
    "sec-fetch-site",
    "last-event-id",
    "te",
    "transfer-encoding",
    "content-length",
  );
  const host = fc.oneof(
    fc.constant("x"),
    fc.constantFrom("8080--alice-59936c3.localhost", "[::1]:99999", "a:b:c", "@", "localhost:0", ".", "-"),
    headerText,
  );
  const paths = fc.constantFrom(
    "/",
    "/api/v1/me/profile",
    "/api/v1/auth/login?provider=idp.k8shell.io%2Flocal",
    "/api/v1/healthcheck",
    "/signin",
    "/docs",
  );
  await fc.assert(
    fc.asyncProperty(paths, host, names, headerText, async (path, hostName, name, value) => {
      const headers = `host: ${hostName}\r\n${authorization()}${name}: ${value}\r\n`;
      expectCalm(await rawRequest(`GET ${path} HTTP/1.1`, headers));
    }),
    runs(500),
  );
  expectCalm(await rawRequest("GET /api/v1/me/profile HTTP/1.1", ""));
  expectCalm(await rawRequest("GET / HTTP/1.1", "host: a\r\nhost: b\r\n"));
  expectCalm(await rawRequest("GET / HTTP/1.0", ""));
});

test("Range and condition headers of any text on a real file", async () => {
  const path = `/api/v1/workspaces/${workspace}/files?path=fuzzed.txt`;
  const bytes = new TextEncoder().encode("0123456789");
  const put = await assembled.request("PUT", path, { credentials: alice, bytes });
  expect(put.status).toBe(201);
  const number = fc.oneof(fc.nat(20), fc.maxSafeNat()).map(String);
  const range = fc.oneof(
    headerText,
    headerText.map((value) => `bytes=${value}`),
    fc.tuple(number, number).map(([from, to]) => `bytes=${from}-${to}`),
    fc
      .array(
        fc.tuple(number, number).map(([from, to]) => `${from}-${to}`),
        { maxLength: 300 },
      )
      .map((all) => `bytes=${all.join(",")}`),
    fc.constantFrom(
      "bytes=-",
      "bytes=-0",
      "bytes=5-",
      "bytes=-5",
      "bytes=9-1",
      "bytes=99999999999999999999-",
      "items=0-1",
    ),
  );
  const condition = fc.constantFrom(
    "if-range",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
  );
  await fc.assert(
    fc.asyncProperty(range, condition, headerText, fc.boolean(), async (value, name, other, both) => {
      const headers = `host: x\r\n${authorization()}range: ${value}\r\n${both ? `${name}: ${other}\r\n` : ""}`;
      expectCalm(await rawRequest(`GET ${path} HTTP/1.1`, headers));
    }),
    runs(300),
  );
});

test("file names of any text stay clear refusals", async () => {
  await fc.assert(
    fc.asyncProperty(wellFormed, fc.constantFrom("GET", "PUT"), async (name, method) => {
      const query = new URLSearchParams({ path: `fuzz/${name}` });
      const response = await assembled.request(method, `/api/v1/workspaces/${workspace}/files?${query}`, {
        credentials: alice,
        bytes: method === "PUT" ? new Uint8Array([1]) : undefined,
      });
      await response.arrayBuffer();
      expectCalm([response.status]);
    }),
    runs(150),
  );
});

test("bytes that are no HTTP", async () => {
  const smuggled = [
    "POST /api/v1/auth/logout HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /api/v1/auth/callback HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "POST /api/v1/auth/callback HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
    "GET / HTTP/9.9\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    `GET / HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(100_000)}\r\n\r\n`,
    `GET /${"a".repeat(100_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
    "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003",
  ].map((value) => Buffer.from(value, "latin1"));
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 500 }).map((array) => Buffer.from(array)),
    fc.constantFrom(...smuggled),
    fc.tuple(fc.constantFrom(...smuggled), fc.nat(200), fc.nat(255)).map(([message, at, byte]) => {
      const changed = Buffer.from(message);
      changed[at % changed.length] = byte;
      return changed;
    }),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (message) => expectCalm(await sendRaw(message))),
    runs(300),
  );
});

test("WebSocket handshakes with any headers", async () => {
  const headers = fc.array(
    fc.tuple(
      fc.constantFrom(
        "sec-websocket-key",
        "sec-websocket-version",
        "sec-websocket-protocol",
        "sec-websocket-extensions",
        "origin",
        "upgrade",
        "connection",
      ),
      headerText,
    ),
    { maxLength: 5 },
  );
  await fc.assert(
    fc.asyncProperty(headers, lineText, fc.boolean(), async (lines, tab, proper) => {
      const path = `/api/v1/workspaces/${workspace}/interactive?tab=${proper ? "headers" : tab}`;
      const extra = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
      const base = `host: x\r\n${authorization()}upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\n`;
      const rest = `sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: cloudshell-v1\r\n`;
      const request = `GET ${path} HTTP/1.1\r\n${base}${proper ? rest : ""}${extra}\r\n`;
      expectCalm(await sendRaw(Buffer.from(request, "latin1")));
    }),
    runs(200),
  );
});

/** Sockets are opened faster than shells start; one over the limit waits for those before it to be let go. */
const openSocket = async (tab: string): Promise<WebSocket> => {
  const address = assembled.server.url.replace("http", "ws");
  const url = `${address}/api/v1/workspaces/${workspace}/interactive?tab=${tab}`;
  for (;;) {
    const socket = new WebSocket(url, "cloudshell-v1", { headers: alice, perMessageDeflate: false });
    const failed = once(socket, "error").then(([error]: unknown[]) => error);
    const failure = await Promise.race([once(socket, "open").then(() => undefined), failed]);
    if (failure === undefined) {
      socket.on("error", () => undefined);
      return socket;
    }
    if (!String(failure).includes("429")) throw failure;
    await setTimeout(50);
  }
};

const frame = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc.constantFrom(
    ...[
      create(CloudshellMessageSchema, {
        payload: { case: "terminalResize", value: { cols: 2 ** 32 - 1, rows: 0 } },
      }),
      create(CloudshellMessageSchema, {
        payload: { case: "terminalInput", value: { data: "\u0000\uffff" } },
      }),
      create(CloudshellMessageSchema, {
        payload: {
          case: "fileExplorer",
          value: {
            id: "",
            payload: { case: "command", value: { payload: { case: "remove", value: { path: "\u0000" } } } },
          },
        },
      }),
      create(CloudshellMessageSchema, {
        payload: {
          case: "fileExplorer",
          value: {
            id: "x".repeat(5000),
            payload: {
              case: "command",
              value: { payload: { case: "listFiles", value: { path: "/nope/../.." } } },
            },
          },
        },
      }),
      create(CloudshellMessageSchema, {
        payload: { case: "terminalOutput", value: { data: "from the client" } },
      }),
      create(CloudshellMessageSchema, {}),
    ].map((message) => toBinary(CloudshellMessageSchema, message)),
  ),
);
const frames = fc.array(
  fc.tuple(frame, fc.nat(400), fc.nat(255), fc.boolean()).map(([bytes, at, byte, change]) => {
    const changed = Uint8Array.from(bytes);
    if (change && changed.length > 0) changed[at % changed.length] = byte;
    return changed;
  }),
  { maxLength: 10 },
);

test("protobuf frames of any bytes, and text frames, on an open terminal", async () => {
  let tab = 0;
  await fc.assert(
    fc.asyncProperty(frames, fc.option(wellFormed, { nil: undefined }), async (messages, line) => {
      const socket = await openSocket(`fuzz-${tab++ % 3}`);
      const closed = once(socket, "close");
      for (const message of messages) socket.send(message);
      if (line !== undefined) socket.send(line);
      // The answer to a ping, or the end of the socket, shows that everything before was read.
      socket.ping();
      await Promise.race([once(socket, "pong"), closed]);
      socket.close();
      await closed;
    }),
    runs(60),
  );
});

test("bytes that are no WebSocket frames end the socket and nothing else", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
      const handshake = [
        `GET /api/v1/workspaces/${workspace}/interactive?tab=raw HTTP/1.1`,
        "host: x",
        `authorization: ${alice.authorization}`,
        "upgrade: websocket",
        "connection: Upgrade",
        "sec-websocket-version: 13",
        "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==",
        "sec-websocket-protocol: cloudshell-v1",
      ].join("\r\n");
      expectCalm(await sendRaw(Buffer.concat([Buffer.from(`${handshake}\r\n\r\n`), bytes])));
    }),
    runs(60),
  );
});
