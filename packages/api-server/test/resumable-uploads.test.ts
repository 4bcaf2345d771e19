import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KvBucket, sqliteKv } from "@k8shell/kv";
import pino from "pino";
import { Upload } from "tus-js-client";
import { expect, onTestFinished, test } from "vitest";
import type { Principal } from "../src/auth/principal.ts";
import { createWorkspaceConnector } from "../src/backends/workspace-connector.ts";
import { createResumableUploads } from "../src/files/resumable/resumable-uploads.ts";
import { startUploadJanitor } from "../src/files/resumable/upload-janitor.ts";
import { createUploadStore } from "../src/files/resumable/upload-record.ts";
import type { UploadLimits } from "../src/files/upload-limit.ts";
import { createWithSession } from "../src/files/workspace-session.ts";
import { uploadRoutes } from "../src/routes/uploads.ts";
import {
  alice,
  eventually,
  startDaemon,
  startWorkspaceGateway,
  type TestDaemon,
  workspaceName,
} from "./workspace-fixture.ts";

const openBucket = async (): Promise<KvBucket> => {
  const directory = mkdtempSync(join(tmpdir(), "uploads-"));
  const kv = sqliteKv({ file: join(directory, "kv.db") });
  onTestFinished(async () => {
    await kv.close();
    rmSync(directory, { recursive: true });
  });
  return kv.bucket("uploads");
};

interface Options {
  readonly daemon?: TestDaemon;
  readonly bucket?: KvBucket;
  readonly principal?: Principal;
  readonly limits?: UploadLimits;
  readonly expiryMs?: number;
}

/** One replica of the gateway in front of a workspace. */
const start = async (options: Options = {}) => {
  const daemon = options.daemon ?? (await startDaemon());
  const bucket = options.bucket ?? (await openBucket());
  const store = createUploadStore(bucket);
  const gateway = await startWorkspaceGateway({
    daemon,
    principal: options.principal,
    routes: (workspaces) =>
      uploadRoutes({
        withSession: createWithSession({ workspaces }),
        limits: options.limits,
        uploads: createResumableUploads({ store, expiryMs: options.expiryMs ?? 60_000, heartbeatMs: 50 }),
      }),
  });
  const base = `${gateway.url}/api/v1/workspaces/${workspaceName}/files/uploads`;
  const send = (
    method: string,
    url: string,
    headers: Record<string, string> = {},
    body?: RequestInit["body"],
  ) => fetch(new URL(url, gateway.url), { method, body, headers: { "tus-resumable": "1.0.0", ...headers } });
  const create = async (path: string, headers: Record<string, string>, body?: RequestInit["body"]) => {
    const response = await send("POST", `${base}?path=${encodeURIComponent(path)}`, headers, body);
    return { response, location: response.headers.get("location") ?? "" };
  };
  const patch = (
    url: string,
    offset: number,
    body: RequestInit["body"],
    headers: Record<string, string> = {},
  ) =>
    send(
      "PATCH",
      url,
      { "content-type": "application/offset+octet-stream", "upload-offset": String(offset), ...headers },
      body,
    );
  const offsetOf = async (url: string) => {
    const response = await send("HEAD", url);
    return response.status === 200 ? Number(response.headers.get("upload-offset")) : response.status;
  };
  return { ...daemon, daemon, bucket, store, gateway, base, send, create, patch, offsetOf };
};

const parts = (home: string) => readdirSync(home).filter((name) => name.startsWith(".k8shell-upload"));

/** Begins a PATCH of `length` bytes over a bare socket and sends only `sent` of them. */
const halfPatch = async (port: number, location: string, offset: number, length: number, sent: Buffer) => {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(
    `PATCH ${location} HTTP/1.1\r\nhost: x\r\ntus-resumable: 1.0.0\r\nupload-offset: ${offset}\r\n` +
      `content-type: application/offset+octet-stream\r\ncontent-length: ${length}\r\n\r\n`,
  );
  socket.write(sent);
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
};

const uploadWith = (content: Buffer, options: ConstructorParameters<typeof Upload>[1]) =>
  new Promise<Upload>((resolve, reject) => {
    const upload = new Upload(content, {
      retryDelays: null,
      ...options,
      onError: reject,
      onSuccess: () => resolve(upload),
    });
    upload.start();
  });

test("tus-js-client uploads a file in chunks; it appears when the last one has arrived", async () => {
  const { home, base } = await start();
  const content = randomBytes(3_500_000);
  const seen: boolean[] = [];
  await uploadWith(content, {
    endpoint: `${base}?path=file.bin`,
    chunkSize: 1_000_000,
    metadata: { filename: "päper.bin" },
    onChunkComplete: (_size, accepted) =>
      seen.push(existsSync(join(home, "file.bin")) === accepted >= content.length),
  });
  expect(seen).toEqual([true, true, true, true]);
  expect(readFileSync(join(home, "file.bin")).equals(content)).toBe(true);
  expect(parts(home)).toEqual([]);
});

test.each([
  ["with the creation", { uploadDataDuringCreation: true }],
  ["of a length that is said at the end", { uploadLengthDeferred: true, chunkSize: 400_000 }],
] as const)("tus-js-client uploads content %s", async (_name, options) => {
  const { home, base } = await start();
  const content = randomBytes(1_000_000);
  await uploadWith(content, { endpoint: `${base}?path=file.bin`, ...options });
  expect(readFileSync(join(home, "file.bin")).equals(content)).toBe(true);
  expect(parts(home)).toEqual([]);
});

test("an upload that broke off goes on where it stood, after a restart of the gateway", async () => {
  const first = await start();
  const content = randomBytes(2_000_000);
  const { location } = await first.create("file.bin", { "upload-length": String(content.length) });
  const socket = await halfPatch(
    first.gateway.port,
    location,
    0,
    content.length,
    content.subarray(0, 700_000),
  );
  const [name = ""] = parts(first.home);
  await eventually(() => statSync(join(first.home, name)).size >= 700_000);
  socket.destroy();
  await first.gateway.close();
  const second = await start({ daemon: first.daemon, bucket: first.bucket });
  expect(await second.offsetOf(location)).toBe(700_000);
  await uploadWith(content, { uploadUrl: new URL(location, second.gateway.url).href });
  expect(readFileSync(join(first.home, "file.bin")).equals(content)).toBe(true);
  expect(parts(first.home)).toEqual([]);
});

test("a question about an upload ends the part under way, which nobody sends any more", async () => {
  const { home, gateway, create, offsetOf, patch } = await start();
  const content = randomBytes(300_000);
  const { location } = await create("file.bin", { "upload-length": "300000" });
  const socket = await halfPatch(gateway.port, location, 0, 300_000, content.subarray(0, 100_000));
  const [name = ""] = parts(home);
  await eventually(() => statSync(join(home, name)).size >= 100_000);
  expect(await offsetOf(location)).toBe(100_000);
  await eventually(() => socket.destroyed);
  expect((await patch(location, 100_000, content.subarray(100_000))).status).toBe(204);
  expect(readFileSync(join(home, "file.bin")).equals(content)).toBe(true);
});

test("another replica takes an upload over from one whose client is gone", async () => {
  const one = await start();
  const two = await start({ daemon: one.daemon, bucket: one.bucket });
  const content = randomBytes(20_000_000);
  const { location } = await one.create("file.bin", { "upload-length": String(content.length) });
  const socket = await halfPatch(
    one.gateway.port,
    location,
    0,
    content.length,
    content.subarray(0, 15_000_000),
  );
  const answer = new Promise<string>((resolve) => socket.once("data", (data) => resolve(String(data))));
  const [name = ""] = parts(one.home);
  await eventually(() => statSync(join(one.home, name)).size >= 15_000_000);
  const offset = await two.offsetOf(location);
  // What the other replica had in flight is not taken for written.
  expect(offset).toBe(15_000_000 - (8 << 20));
  expect(statSync(join(one.home, name)).size).toBe(offset);
  expect(await answer).toMatch(/^HTTP\/1\.1 409 /);
  const done = await two.patch(location, offset, content.subarray(offset));
  expect(done.status).toBe(204);
  expect(readFileSync(join(one.home, "file.bin")).equals(content)).toBe(true);
  // Whoever missed the answer learns that nothing is missing.
  expect(await one.offsetOf(location)).toBe(content.length);
});

test("after a crash only what surely was written counts", async () => {
  const { home, store, create, offsetOf } = await start();
  const { location } = await create("file.bin", { "upload-length": String(100 << 20) });
  const id = location.split("/").at(-1) ?? "";
  const [name = ""] = parts(home);
  const crash = async (offset: number, size: number) => {
    const stored = await store.get(`local/${workspaceName}`, id);
    if (!stored) throw new Error("no record");
    await store.update(stored, { offset, unsure: true, writer: "dead", heardAt: 0 });
    truncateSync(join(home, name), size);
    return offsetOf(location);
  };
  expect(await crash(0, 30 << 20)).toBe(22 << 20);
  expect(await crash(29 << 20, 30 << 20)).toBe(29 << 20);
  expect(await crash(5, 3)).toBe(3);
});

test("a POST may stand for PATCH, HEAD and DELETE of an upload, and for nothing else", async () => {
  const { home, base, create, send } = await start();
  const { location } = await create("file.bin", { "upload-length": "6" });
  const as = (method: string, headers: Record<string, string> = {}, body?: string) =>
    send("POST", location, { "x-http-method-override": method, ...headers }, body);
  const first = await as(
    "PATCH",
    { "content-type": "application/offset+octet-stream", "upload-offset": "0" },
    "abc",
  );
  expect([first.status, first.headers.get("upload-offset")]).toEqual([204, "3"]);
  const head = await as("HEAD");
  expect([head.status, head.headers.get("upload-offset")]).toEqual([200, "3"]);
  await head.arrayBuffer();
  expect((await as("DELETE")).status).toBe(204);
  expect((await send("HEAD", location)).status).toBe(404);
  expect(parts(home)).toEqual([]);
  // Neither another method there, nor the same elsewhere.
  expect((await as("PUT")).status).toBe(405);
  const elsewhere = await send("POST", `${base}?path=x`, {
    "x-http-method-override": "DELETE",
    "upload-length": "1",
  });
  expect(elsewhere.status).toBe(201);
});

test("what breaks the protocol is told, always with its version", async () => {
  const { home, base, send, create, patch, offsetOf } = await start({ limits: { maxBytes: 1000 } });
  writeFileSync(join(home, "there"), "old");
  const status = async (answer: Promise<Response>) => {
    const response = await answer;
    expect(response.headers.get("tus-resumable")).toBe("1.0.0");
    await response.arrayBuffer();
    return response.status;
  };
  const begin = (headers: Record<string, string>, path = "x") =>
    status(create(path, headers).then(({ response }) => response));
  expect(await begin({ "upload-length": "10", "tus-resumable": "0.2.2" })).toBe(412);
  expect(await begin({})).toBe(400);
  expect(await begin({ "upload-length": "-1" })).toBe(400);
  expect(await begin({ "upload-length": "10", "upload-defer-length": "1" })).toBe(400);
  expect(await begin({ "upload-length": "10", "upload-metadata": "a,,b" })).toBe(400);
  expect(await begin({ "upload-length": "1001" })).toBe(413);
  expect(await begin({ "upload-length": "10" }, "none/x")).toBe(404);
  expect(await begin({ "upload-length": "10" }, ".")).toBe(400);
  expect(await begin({ "upload-length": "10", "if-none-match": "*" }, "there")).toBe(412);
  expect(parts(home)).toEqual([]);

  const { location } = await create("file", { "upload-length": "10" });
  expect(await status(patch(location, 5, "12345"))).toBe(409);
  expect(await status(patch(location, 0, "12345", { "content-type": "text/plain" }))).toBe(415);
  expect(await status(patch(location, 0, "12345678901"))).toBe(413);
  expect(await status(patch(location, 0, "12345", { "upload-length": "11" }))).toBe(400);
  expect(
    await status(send("PATCH", location, { "content-type": "application/offset+octet-stream" }, "1")),
  ).toBe(400);
  expect(await offsetOf(location)).toBe(0);
  const sha1 = (text: string) => createHash("sha1").update(text).digest("base64");
  expect(await status(patch(location, 0, "12345", { "upload-checksum": `sha1 ${sha1("1234")}` }))).toBe(460);
  expect(await offsetOf(location)).toBe(0);
  expect(await status(patch(location, 0, "12345", { "upload-checksum": `sha1 ${sha1("12345")}` }))).toBe(204);
  expect(await status(patch(location, 5, "67890", { "upload-checksum": "crc32 AAAA" }))).toBe(400);
  const last = await patch(location, 5, "67890");
  expect([last.status, last.headers.get("upload-offset")]).toEqual([204, "10"]);
  expect(last.headers.get("etag")).toMatch(/^"/);
  expect(readFileSync(join(home, "file"), "utf8")).toBe("1234567890");

  const options = await fetch(base, { method: "OPTIONS" });
  expect(options.status).toBe(204);
  expect(options.headers.get("tus-version")).toBe("1.0.0");
  expect(options.headers.get("tus-max-size")).toBe("1000");
});

test("an upload of unknown length ends at the caller's limit", async () => {
  const { create, patch, offsetOf } = await start({ limits: { maxBytes: 10 } });
  const { location } = await create("file", { "upload-defer-length": "1" });
  expect((await patch(location, 0, "123456")).status).toBe(204);
  expect((await patch(location, 6, "7890+")).status).toBe(413);
  expect(await offsetOf(location)).toBe(6);
  expect((await patch(location, 6, "7890", { "upload-length": "10" })).status).toBe(204);
});

test("a new file may be run where its upload said so", async () => {
  const { home, base, send, patch } = await start();
  const { headers } = await send("POST", `${base}?path=tool&executable=true`, { "upload-length": "3" });
  expect((await patch(headers.get("location") ?? "", 0, "new")).status).toBe(204);
  expect(statSync(join(home, "tool")).mode & 0o777).toBe(0o777 & ~process.umask());
});

test("a file keeps its mode, and its conditions hold until the end", async () => {
  const { home, create, patch, offsetOf } = await start();
  writeFileSync(join(home, "file"), "old", { mode: 0o640 });
  const one = await create("file", { "upload-length": "3" });
  expect((await patch(one.location, 0, "new")).status).toBe(204);
  expect([readFileSync(join(home, "file"), "utf8"), statSync(join(home, "file")).mode & 0o777]).toEqual([
    "new",
    0o640,
  ]);
  const two = await create("other", { "upload-length": "3", "if-none-match": "*" });
  writeFileSync(join(home, "other"), "somebody's");
  expect((await patch(two.location, 0, "new")).status).toBe(412);
  expect(readFileSync(join(home, "other"), "utf8")).toBe("somebody's");
  expect([parts(home), await offsetOf(two.location)]).toEqual([[], 404]);
});

test("nothing is left of an upload that was given up, and nobody else can touch one", async () => {
  const { home, daemon, bucket, create, patch, send, offsetOf } = await start();
  const other = await start({ daemon, bucket, principal: { ...alice, username: "bob" } });
  const { location } = await create("file", {
    "upload-length": "10",
    "upload-metadata": "filename ZmlsZQ==",
  });
  await patch(location, 0, "12345");
  expect(await other.offsetOf(location)).toBe(404);
  expect((await other.patch(location, 5, "67890")).status).toBe(404);
  expect((await other.send("DELETE", location)).status).toBe(404);
  const told = await send("GET", location);
  expect(told.headers.get("upload-metadata")).toBe("filename ZmlsZQ==");
  expect(Date.parse(told.headers.get("upload-expires") ?? "")).toBeGreaterThan(Date.now());
  expect(await told.json()).toMatchObject({ path: "file", offset: 5, length: 10 });
  expect((await send("DELETE", location)).status).toBe(204);
  expect([parts(home), await offsetOf(location)]).toEqual([[], 404]);
  const empty = await create("empty", { "upload-length": "0" });
  expect([empty.response.status, statSync(join(home, "empty")).size]).toEqual([201, 0]);
});

test("expired uploads are removed with what had arrived, once their workspace runs", async () => {
  const { home, daemon, store, create, patch, offsetOf } = await start({ expiryMs: -1 });
  const { location } = await create("file", { "upload-length": "10" });
  expect(await offsetOf(location)).toBe(404);
  expect((await patch(location, 0, "12345")).status).toBe(404);
  expect(parts(home)).toHaveLength(1);
  const workspaces = createWorkspaceConnector(() => ({ address: daemon.address }));
  let running = false;
  const janitor = startUploadJanitor({
    store,
    log: pino({ level: "silent" }),
    connect: async (workspace) => {
      expect(workspace).toBe(`local/${workspaceName}`);
      const details = { name: workspaceName, namespace: "local" };
      return running ? workspaces.connect(details as Parameters<typeof workspaces.connect>[0]) : "stopped";
    },
  });
  onTestFinished(async () => {
    await janitor.close();
    await workspaces.close();
  });
  await janitor.sweep();
  expect([parts(home).length, await store.countOf(`local/${workspaceName}`)]).toEqual([1, 1]);
  running = true;
  await janitor.sweep();
  expect([parts(home).length, await store.countOf(`local/${workspaceName}`)]).toEqual([0, 0]);
});
