import { join } from "node:path";
import { provisionJob, systemInfo, workspaceCreateResponse, workspaceDetails } from "@k8shell/contract";
import { sqliteKv } from "@k8shell/kv";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Assembled, addUser, type Credentials, startAssembled, textOf } from "./assembled.ts";

let assembled: Assembled;
let alice: Credentials;
let mallory: Credentials;
const aliceDev = "alice-59936c3";

beforeAll(async () => {
  assembled = await startAssembled();
  alice = await addUser(assembled, "alice", { roles: ["developer"] });
  mallory = await addUser(assembled, "mallory", { roles: ["developer"] });
});

afterAll(() => assembled?.close());

const status = async (
  method: string,
  path: string,
  credentials: Credentials,
  body?: unknown,
): Promise<number> => {
  const response = await assembled.request(method, `/api/v1${path}`, { credentials, body });
  await response.arrayBuffer();
  return response.status;
};

/** The events of a job's stream, read to its end. */
const eventsOf = async (jobUrl: string, headers: Record<string, string> = {}): Promise<unknown[]> => {
  const response = await assembled.request("GET", jobUrl, {
    credentials: { ...alice, accept: "text/event-stream", ...headers },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(response.headers.get("x-accel-buffering")).toBe("no");
  const text = await response.text();
  return text
    .split("\n")
    .filter((line) => line.startsWith("data: "))
    .map((line) => JSON.parse(line.slice("data: ".length)));
};

const create = async (): Promise<string> => {
  const answer = await assembled.api("POST", "/workspaces", {
    credentials: alice,
    body: { username: "Alice", blueprint: "dev" },
  });
  expect(workspaceCreateResponse.parse(answer)).toMatchObject({ workspace: aliceDev });
  return textOf(answer, "monitorUrl");
};

test("a workspace is created, followed, used, stopped, started again and deleted", async () => {
  const { api } = assembled;
  const monitorUrl = await create();
  expect(monitorUrl).toMatch(/^\/api\/v1\/jobs\/[0-9a-f-]{36}$/);
  const events = await eventsOf(monitorUrl);
  expect(events.map((event) => Reflect.get(Object(event), "id"))).toEqual(
    events.map((_, index) => index + 1),
  );
  expect(events).toContainEqual(expect.objectContaining({ type: "progress", status: "100" }));
  expect(events.at(-1)).toMatchObject({ type: "status", status: "Running" });

  const job = provisionJob.parse(
    await api("GET", monitorUrl.slice("/api/v1".length), { credentials: alice }),
  );
  expect(job).toMatchObject({ status: "completed", workspaceName: aliceDev, username: "alice", events });
  expect(await eventsOf(monitorUrl), "a finished job is replayed").toEqual(events);
  expect(await eventsOf(monitorUrl, { "last-event-id": "2" })).toEqual(events.slice(2));

  const found = workspaceDetails.parse(await api("GET", `/workspaces/${aliceDev}`, { credentials: alice }));
  expect(found).toMatchObject({
    name: aliceDev,
    username: "alice",
    status: "Running",
    blueprint: "dev",
    jobId: job.id,
  });
  const info = systemInfo.parse(await api("GET", `/workspaces/${aliceDev}/sysinfo`, { credentials: alice }));
  expect(info.mounts.length).toBeGreaterThan(0);

  const again = await assembled.request("POST", "/api/v1/workspaces", {
    credentials: alice,
    body: { username: "alice", blueprint: "dev" },
  });
  expect(again.status).toBe(409);
  expect(await again.json()).toMatchObject({ status: 409, code: "already_exists", msg: expect.any(String) });

  expect(await status("DELETE", `/workspaces/${aliceDev}`, alice)).toBe(202);
  expect(await api("GET", `/workspaces/${aliceDev}`, { credentials: alice })).toMatchObject({
    status: "Stopped",
  });
  expect(await status("GET", `/workspaces/${aliceDev}/sysinfo`, alice)).toBe(409);

  expect((await eventsOf(await create())).at(-1)).toMatchObject({ status: "Running" });
  expect(await status("DELETE", `/workspaces/${aliceDev}?delete=true`, alice)).toBe(202);
  expect(await status("GET", `/workspaces/${aliceDev}`, alice)).toBe(404);
});

test("a list has one's own workspaces, somebody's on request, everybody's for who may see them", async () => {
  const { api, admin } = assembled;
  await eventsOf(await create());
  const names = async (query: string, credentials: Credentials) =>
    workspaceDetails
      .array()
      .parse(await api("GET", `/workspaces${query}`, { credentials }))
      .map(({ name }) => name);
  expect(await names("", alice)).toEqual([aliceDev]);
  expect(await names("?username=alice", admin)).toEqual([aliceDev]);
  expect(await names("?all=true", admin)).toEqual([aliceDev]);
  expect(await names("", admin)).toEqual([]);
  expect(await names("?all=true", mallory), "obligations limit the list").toEqual([]);
  expect(await status("GET", "/workspaces?username=alice", mallory)).toBe(403);
  expect(await names("?username=a*", admin), "a name is not a pattern").toEqual([]);
  expect(await status("DELETE", `/workspaces/${aliceDev}?delete=true`, alice)).toBe(202);
});

test.each([
  [{ username: "alice" }, 400],
  [{ username: "alice", blueprint: "dev", repoName: "x" }, 400],
  [{ username: "alice", repoOwner: "x" }, 400],
  [{ username: "alice", blueprint: "dev+user=root" }, 400],
  [{ username: "alice", blueprint: "x".repeat(129) }, 400],
  [{ username: "alice~x", blueprint: "dev" }, 400],
  [{ username: "alice", blueprint: 7 }, 400],
  [{ username: "alice", blueprint: "no-such" }, 404],
  [{ username: "mallory", blueprint: "dev" }, 403],
])("creating %j is answered %i", async (body, expected) => {
  expect(await status("POST", "/workspaces", alice, body)).toBe(expected);
});

test("a job that nobody writes any more is reported as failed, with the reason, and its stream ends", async () => {
  const kv = sqliteKv({ file: join(assembled.server.dataDir, "kv.db") });
  const bucket = await kv.bucket("workspace-provision-jobs");
  const id = "00000000-0000-4000-8000-000000000001";
  const old = "2026-01-01T00:00:00Z";
  const times = { createdAt: old, updatedAt: old, finishedAt: "0001-01-01T00:00:00Z" };
  const record = { id, workspaceName: aliceDev, username: "alice", status: "running", ...times };
  await bucket.put(id, JSON.stringify(record));
  await kv.close();
  const job = await assembled.api("GET", `/jobs/${id}`, { credentials: alice });
  expect(provisionJob.parse(job)).toMatchObject({ status: "completed" });
  const events = await eventsOf(`/api/v1/jobs/${id}`);
  expect(events.at(-1)).toMatchObject({
    status: "Error",
    message: expect.stringContaining("stopped reporting"),
  });
  expect(await status("GET", `/jobs/${id}`, mallory)).toBe(403);
  expect(await status("GET", "/jobs/none", alice)).toBe(404);
});

test("a stream of a job that runs sends each event as it comes and ends with the job", async () => {
  const kv = sqliteKv({ file: join(assembled.server.dataDir, "kv.db") });
  const bucket = await kv.bucket("workspace-provision-jobs");
  const id = "00000000-0000-4000-8000-000000000002";
  const write = (events: number, state: string) => {
    const now = new Date().toISOString();
    const all = Array.from({ length: events }, (_, i) => ({
      id: i + 1,
      type: "event",
      message: `step ${i + 1}`,
    }));
    const record = {
      id,
      workspaceName: aliceDev,
      username: "alice",
      status: state,
      createdAt: now,
      updatedAt: now,
    };
    return bucket.put(id, JSON.stringify({ ...record, finishedAt: now, events: all }));
  };
  await write(1, "running");
  const response = await assembled.request("GET", `/api/v1/jobs/${id}`, {
    credentials: { ...alice, accept: "text/html, text/event-stream;q=0.9" },
  });
  let text = "";
  for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.endsWith('"step 1"}\n\n')) await write(2, "running");
    if (text.endsWith('"step 2"}\n\n')) await write(3, "completed");
  }
  await kv.close();
  expect(text.match(/^id: \d+$/gm)).toEqual(["id: 1", "id: 2", "id: 3"]);
});

test("a creation repeated with its Idempotency-Key begins nothing and gets the same job", async () => {
  const create = async (key: string, blueprint: string) => {
    const credentials = { ...assembled.admin, "idempotency-key": key };
    const body = { blueprint };
    const response = await assembled.request("POST", "/api/v1/workspaces", { credentials, body });
    return { status: response.status, body: await response.json() };
  };
  const first = await create("once", "dev");
  expect(first.status).toBe(202);
  expect(await create("once", "dev")).toEqual(first);
  expect((await create("once", "other")).status).toBe(422);
});
