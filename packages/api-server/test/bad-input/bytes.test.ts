import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { CloudshellMessageSchema } from "@k8shell/contract/gen/cloudshell/cloudshell_pb.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { headerText, lineText, runs, text, wellFormed } from "./texts.ts";
import { expectCalm, useVictim } from "./victim.ts";

/** Bad headers, bytes that are no HTTP, and bad WebSocket frames: answered with less than 500, or not at all. */
const victim = useVictim();

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
      const statuses = await victim().sendRequest(
        "GET /api/v1/me/profile HTTP/1.1",
        `host: localhost\r\ncookie: ${value}\r\n`,
      );
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
      const statuses = await victim().sendRequest(
        "GET /api/v1/me/profile HTTP/1.1",
        `host: localhost\r\nauthorization: ${header}\r\n`,
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
    fc.constantFrom("x", "localhost"),
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
      const headers = `host: ${hostName}\r\n${victim().authorization}${name}: ${value}\r\n`;
      expectCalm(await victim().sendRequest(`GET ${path} HTTP/1.1`, headers));
    }),
    runs(500),
  );
  expectCalm(await victim().sendRequest("GET /api/v1/me/profile HTTP/1.1", ""));
  expectCalm(await victim().sendRequest("GET / HTTP/1.1", "host: a\r\nhost: b\r\n"));
  expectCalm(await victim().sendRequest("GET / HTTP/1.0", ""));
});

test("Range and condition headers of any text on a real file", async () => {
  const path = `/api/v1/workspaces/${victim().workspace}/files?path=fuzzed.txt`;
  const bytes = new TextEncoder().encode("0123456789");
  const put = await victim().assembled.request("PUT", path, { credentials: victim().alice, bytes });
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
      const headers = `host: localhost\r\n${victim().authorization}range: ${value}\r\n${both ? `${name}: ${other}\r\n` : ""}`;
      expectCalm(await victim().sendRequest(`GET ${path} HTTP/1.1`, headers));
    }),
    runs(300),
  );
});

test("file names of any text stay clear refusals", async () => {
  await fc.assert(
    fc.asyncProperty(wellFormed, fc.constantFrom("GET", "PUT"), async (name, method) => {
      const query = new URLSearchParams({ path: `fuzz/${name}` });
      const response = await victim().assembled.request(
        method,
        `/api/v1/workspaces/${victim().workspace}/files?${query}`,
        {
          credentials: victim().alice,
          bytes: method === "PUT" ? new Uint8Array([1]) : undefined,
        },
      );
      await response.arrayBuffer();
      expectCalm([response.status]);
    }),
    runs(150),
  );
});

test("bytes that are no HTTP", async () => {
  const smuggled = [
    "POST /api/v1/auth/logout HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /api/v1/auth/callback HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "POST /api/v1/auth/callback HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
    "GET / HTTP/9.9\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${"y".repeat(100_000)}\r\n\r\n`,
    `GET /${"a".repeat(100_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`,
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
    fc.asyncProperty(bytes, async (message) => expectCalm(await victim().sendBytes(message))),
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
      const path = `/api/v1/workspaces/${victim().workspace}/interactive?tab=${proper ? "headers" : tab}`;
      const extra = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
      const base = `host: localhost\r\n${victim().authorization}upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\n`;
      const rest = `sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: cloudshell-v1\r\n`;
      const request = `GET ${path} HTTP/1.1\r\n${base}${proper ? rest : ""}${extra}\r\n`;
      expectCalm(await victim().sendBytes(Buffer.from(request, "latin1")));
    }),
    runs(200),
  );
});

/** Sockets are opened faster than shells start; one over the limit waits for those before it to be let go. */
const openSocket = async (tab: string): Promise<WebSocket> => {
  const address = victim().assembled.server.url.replace("http", "ws");
  const url = `${address}/api/v1/workspaces/${victim().workspace}/interactive?tab=${tab}`;
  for (;;) {
    const socket = new WebSocket(url, "cloudshell-v1", { headers: victim().alice, perMessageDeflate: false });
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
        `GET /api/v1/workspaces/${victim().workspace}/interactive?tab=raw HTTP/1.1`,
        "host: localhost",
        victim().authorization.trim(),
        "upgrade: websocket",
        "connection: Upgrade",
        "sec-websocket-version: 13",
        "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==",
        "sec-websocket-protocol: cloudshell-v1",
      ].join("\r\n");
      expectCalm(await victim().sendBytes(Buffer.concat([Buffer.from(`${handshake}\r\n\r\n`), bytes])));
    }),
    runs(60),
  );
});
