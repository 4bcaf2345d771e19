import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  AckPolicy,
  connect,
  DeliverPolicy,
  jetstream,
  jetstreamManager,
  Kvm,
  type NatsConnection,
} from "../../kv/test/nats-client.ts";
import { type NatsServer, natsServer, startNats } from "../../kv/test/nats-server.ts";
import { startServer } from "../src/assemble.ts";
import { type Config, defaultConfig } from "../src/config/config.ts";
import {
  type Assembled,
  addUser,
  bearer,
  createWorkspace,
  signInOnce,
  startAssembled,
  textOf,
} from "./assembled.ts";

let nats: NatsServer;
let assembled: Assembled;
let nc: NatsConnection;

const withNats = (changes: Partial<Config["nats"]> = {}): Config => {
  const config = defaultConfig();
  return { ...config, nats: { ...config.nats, enabled: true, url: nats.url, ...changes } };
};

/** Another program's view of a bucket. */
const bucketOf = (name: string) => new Kvm(nc).open(name);
const lockOf = async (username: string): Promise<unknown> => {
  const entry = await (await bucketOf("locked-users")).get(username);
  return entry?.json();
};
const reaches = (status: number, path: string, credentials: Readonly<Record<string, string>>) =>
  expect.poll(async () => (await assembled.request("GET", path, { credentials })).status).toBe(status);

beforeAll(async () => {
  nats = await startNats();
  assembled = await startAssembled(withNats());
  nc = await connect({ servers: nats.address, reconnectTimeWait: 100, maxReconnectAttempts: -1 });
});
afterAll(async () => {
  await nc?.close();
  await assembled?.close();
  await nats?.remove();
});

test("a workspace is made, and its job read, through NATS", async () => {
  const alice = await addUser(assembled, "alice", { roles: ["developer"] });
  const { jobId } = await createWorkspace(assembled, "alice", alice);
  const record = await (await bucketOf("workspace-provision-jobs")).get(jobId);
  expect(record?.json()).toMatchObject({ id: jobId, username: "alice", status: "completed" });
  expect((await assembled.call("GET", `/jobs/${jobId}`, alice)).body).toMatchObject({
    id: jobId,
    status: "completed",
  });
});

test("a job that another program writes is read and followed", async () => {
  const bob = await addUser(assembled, "bob");
  const jobs = await bucketOf("workspace-provision-jobs");
  const now = new Date().toISOString();
  const job = {
    id: "8f1c3c64-52a5-4e0e-8a1c-3f2b1f6f0001",
    workspaceName: "bob-1234567",
    username: "bob",
    status: "running",
    createdAt: now,
    updatedAt: now,
    finishedAt: "0001-01-01T00:00:00Z",
    events: [
      { id: 1, type: "event", timestamp: "2026-01-02 03:04:05", objectName: "Pod/bob", message: "made" },
    ],
  };
  await jobs.put(job.id, JSON.stringify(job));
  const stream = await assembled.request("GET", `/api/v1/jobs/${job.id}`, {
    credentials: { ...bob, accept: "text/event-stream" },
  });
  expect(stream.status).toBe(200);
  const last = { id: 2, type: "status", timestamp: "2026-01-02 03:04:06", status: "Running", message: "up" };
  await jobs.put(job.id, JSON.stringify({ ...job, events: [...job.events, last] }));
  await jobs.put(
    job.id,
    JSON.stringify({ ...job, status: "completed", finishedAt: now, events: [...job.events, last] }),
  );
  const text = await stream.text();
  expect(text).toContain("made");
  expect(text.match(/"id":2/g)).toHaveLength(1);
});

test("following a job goes on when NATS comes back", async () => {
  const grace = await addUser(assembled, "grace");
  const now = new Date().toISOString();
  const event = (id: number, message: string) => {
    return { id, type: "event", timestamp: "2026-01-02 03:04:05", objectName: "Pod/grace", message };
  };
  const job = {
    id: "8f1c3c64-52a5-4e0e-8a1c-3f2b1f6f0002",
    username: "grace",
    status: "running",
    createdAt: now,
    updatedAt: now,
    finishedAt: "0001-01-01T00:00:00Z",
    events: [event(1, "before")],
  };
  const put = async (changes: object) =>
    (await bucketOf("workspace-provision-jobs")).put(job.id, JSON.stringify({ ...job, ...changes }));
  await put({});
  const stream = await assembled.request("GET", `/api/v1/jobs/${job.id}`, {
    credentials: { ...grace, accept: "text/event-stream" },
  });
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const readUntil = async (wanted: string) => {
    while (!text.includes(wanted)) {
      const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
      if (done) throw new Error(`the stream ended before ${wanted}: ${text}`);
      text += value;
    }
  };
  await readUntil("before");
  await nats.stop("SIGKILL");
  await reaches(503, "/readyz", {});
  await nats.start();
  await reaches(200, "/readyz", {});
  const events = [event(1, "before"), event(2, "after")];
  const end = { events, status: "completed", finishedAt: new Date().toISOString() };
  // This test's own connection has to come back too.
  await expect.poll(() => put(end).then(Boolean, () => false)).toBe(true);
  await readUntil("after");
  expect(text.match(/before/g)).toHaveLength(1);
  await reader?.cancel();
});

test("account locks are the platform's bucket: made at start, never expiring, kept after an unlock", async () => {
  const status = await (await bucketOf("locked-users")).status();
  expect(status).toMatchObject({ ttl: 0, history: 1, storage: "file" });
  // As ssh-proxy listens.
  const jsm = await jetstreamManager(nc);
  await jsm.consumers.add("KV_locked-users", {
    durable_name: "ssh-proxy-1-1",
    filter_subject: "$KV.locked-users.>",
    deliver_policy: DeliverPolicy.New,
    ack_policy: AckPolicy.Explicit,
  });
  const carol = await addUser(assembled, "carol");
  const before = Math.floor(Date.now() / 1000);
  await assembled.call("PATCH", "/users/carol/profile", assembled.admin, { locked: true });
  const locked = await lockOf("carol");
  expect(locked).toMatchObject({ locked: true, sessionsInvalidBefore: expect.any(Number) });
  const { sessionsInvalidBefore } = Object(locked);
  expect(sessionsInvalidBefore).toBeGreaterThanOrEqual(before);
  expect((await assembled.call("GET", "/me/profile", carol)).status).toBe(403);
  const consumer = await jetstream(nc).consumers.get("KV_locked-users", "ssh-proxy-1-1");
  const message = await consumer.next({ expires: 5_000 });
  expect(message?.subject).toBe("$KV.locked-users.carol");
  expect(message?.json()).toMatchObject({ locked: true });
  message?.ack();

  await assembled.call("PATCH", "/users/carol/profile", assembled.admin, { locked: false });
  const unlocked = await lockOf("carol");
  expect(unlocked).toMatchObject({ sessionsInvalidBefore });
  expect(unlocked).not.toHaveProperty("locked");
});

test("a lock that another replica writes holds here", async () => {
  const dave = await addUser(assembled, "dave");
  expect((await assembled.call("GET", "/me/profile", dave)).status).toBe(200);
  await (await bucketOf("locked-users")).put("dave", '{"locked":true}');
  await reaches(403, "/api/v1/me/profile", dave);
  await (await bucketOf("locked-users")).put("dave", '{"sessionsInvalidBefore":1}');
  await reaches(200, "/api/v1/me/profile", dave);
});

test("while NATS is away bearers are served, cookies wait with 503, and everything comes back", async () => {
  const { server, admin, request, call } = assembled;
  const cookie = await signInOnce(server.oneTimeLink ?? "");
  const eve = await addUser(assembled, "eve", { roles: ["developer"] });
  const mallory = await addUser(assembled, "mallory");
  await call("PATCH", "/users/mallory/profile", admin, { locked: true });
  const issued = await call("POST", "/internal/users/admin/token", admin);
  const jwt = bearer(textOf(issued.body, "token"));
  expect((await call("GET", "/me/profile", cookie)).status).toBe(200);

  await nats.stop("SIGKILL");
  await reaches(503, "/readyz", {});
  expect((await call("GET", "/healthcheck", {})).body).toMatchObject({
    status: "degraded",
    backends: { kv: { status: "down", mode: "remote" }, identity: { status: "ok" } },
  });
  for (const credentials of [eve, admin, jwt]) {
    expect((await call("GET", "/me/profile", credentials)).status).toBe(200);
    expect((await call("GET", "/workspaces", credentials)).status).toBe(200);
  }
  // What was known last still holds.
  expect((await call("GET", "/me/profile", mallory)).status).toBe(403);

  for (const path of ["/api/v1/me/profile", "/api/v1/workspaces"]) {
    const refused = await request("GET", path, { credentials: cookie });
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("2");
    expect(refused.headers.getSetCookie()).toEqual([]);
    expect(await refused.json()).toMatchObject({
      status: 503,
      code: "unavailable",
      msg: expect.stringContaining("key-value store"),
    });
  }
  const login = { username: "admin", password: "whatever" };
  expect((await request("POST", "/api/v1/auth/login", { body: login })).status).toBe(503);
  expect((await call("POST", "/workspaces", eve, { username: "eve", blueprint: "dev" })).status).toBe(503);
  expect((await call("GET", "/jobs/8f1c3c64-52a5-4e0e-8a1c-3f2b1f6f0001", admin)).status).toBe(503);
  expect((await call("PATCH", "/users/eve/profile", admin, { locked: true })).status).toBe(503);
  expect((await call("POST", "/auth/logout", cookie)).status).toBe(503);

  await nats.start();
  await reaches(200, "/api/v1/me/profile", cookie);
  await reaches(200, "/readyz", {});
  expect((await call("GET", "/me/profile", mallory)).status).toBe(403);
  await call("PATCH", "/users/mallory/profile", admin, { locked: false });
  await reaches(200, "/api/v1/me/profile", mallory);
});

test("started before NATS the server comes up, lets nobody in until it knows the locks, and then works", async () => {
  const late = await natsServer();
  const early = await startAssembled(withNats({ url: late.url, startWaitSeconds: 0 }));
  try {
    const status = async (path: string, credentials: Readonly<Record<string, string>> = {}) =>
      (await early.request("GET", path, { credentials })).status;
    expect(await status("/livez")).toBe(200);
    expect(await status("/readyz")).toBe(503);
    expect(await status("/api/v1/me/profile", early.admin)).toBe(503);
    await late.start();
    await expect.poll(() => status("/readyz")).toBe(200);
    await expect.poll(() => status("/api/v1/me/profile", early.admin)).toBe(200);
    const seen = await connect({ servers: late.address });
    expect((await (await new Kvm(seen).open("locked-users")).status()).ttl).toBe(0);
    await seen.close();
  } finally {
    await early.close();
    await late.remove();
  }
});

test("a lock outlives the TTL of a bucket that somebody else made", async () => {
  const other = await startNats();
  const client = await connect({ servers: other.address });
  const theirs = await new Kvm(client).create("locked-users", { ttl: 1_500 });
  const server = await startAssembled(withNats({ url: other.url }));
  try {
    const frank = await addUser(server, "frank");
    await server.call("PATCH", "/users/frank/profile", server.admin, { locked: true });
    const first = (await theirs.get("frank"))?.revision ?? 0;
    await expect.poll(async () => (await theirs.get("frank"))?.revision ?? 0).toBeGreaterThan(first);
    expect((await theirs.get("frank"))?.json()).toMatchObject({ locked: true });
    expect((await server.call("GET", "/me/profile", frank)).status).toBe(403);
  } finally {
    await server.close();
    await client.close();
    await other.remove();
  }
});

test("credentials that NATS refuses end the start in words", async () => {
  const guarded = await startNats(["--user", "svc", "--pass", "right"], { user: "svc", pass: "right" });
  const dataDir = await mkdtemp(join(tmpdir(), "k8shell-nats-"));
  try {
    const start = startServer({
      dataDir,
      port: 0,
      config: withNats({ url: guarded.url, username: "svc", password: "wrong" }),
      version: "0.0.0-test",
      log: pino({ level: "silent" }),
    });
    await expect(start).rejects.toThrow('nats: NATS refuses the password of the user "svc"');
  } finally {
    await guarded.remove();
    await rm(dataDir, { recursive: true, force: true });
  }
});
