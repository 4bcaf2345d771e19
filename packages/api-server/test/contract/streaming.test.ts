import { beforeAll, expect, test, vi } from "vitest";
import { takeWebAppPort } from "../../../../test/e2e/web-app-port.ts";
import { type Credentials, createWorkspace } from "../assembled.ts";
import { openTerminal } from "../terminal-client.ts";
import { list } from "./go-json.ts";
import { provisionJob, sshSession, workspaceStreamEvent } from "./objects.ts";
import { expectRows, usePlatform } from "./platform.ts";

/** rest-contract section 3: job events, app logs and files, read as the released clients read them. */

const platform = usePlatform();
const { call } = platform;
let ann: Credentials;
let workspace: string;
let job: string;
beforeAll(async () => {
  ann = await platform.person("ann", { roles: ["developer"] });
  ({ workspace, jobId: job } = await createWorkspace(platform.assembled(), "ann", ann));
});

/** How the released command line reads a stream: line by line, what it cannot decode it ignores. */
const commandLineEvents = (body: string): unknown[] =>
  body
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith(":"))
    .flatMap((line) => {
      expect(Buffer.byteLength(line)).toBeLessThan(64 * 1024);
      try {
        return [JSON.parse(line.replace(/^data: ?/, ""))];
      } catch {
        return [];
      }
    });

const asStream = { accept: "text/event-stream" };
type Event = Readonly<{ id: number; type: string; status?: string; message?: string }>;
const followed = async (id: string, headers: Credentials = asStream): Promise<Event[]> => {
  const { text } = await call("GET", `/jobs/${id}`, { as: ann, headers });
  return commandLineEvents(text) as Event[];
};

test("3.1: the events of a finished job are replayed from the start, then the stream ends", async () => {
  const events = await followed(job);
  expect(list(workspaceStreamEvent)(events, "events")).toEqual([]);
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  expect(events.findLast(({ type }) => type === "status")?.status).toBe("Running");
  const progress = events.filter(({ type }) => type === "progress");
  const percents = progress.map(({ status }) => Number(status));
  expect(percents).toEqual(percents.toSorted((left, right) => left - right));
  expect(percents.at(-1)).toBe(100);
  expect(progress.map(({ message }) => message)).toEqual(percents.map((percent) => `${percent}% complete`));
});

test("3.1: the stream is not buffered on its way, and may be resumed", async () => {
  const { status, headers, text } = await call("GET", `/jobs/${job}`, { as: ann, headers: asStream });
  expect(status).toBe(200);
  expect(Object.fromEntries(headers)).toMatchObject({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
  });
  expect(text).toMatch(/^id: 1\ndata: \{.*\}\n\n/);
  const rest = await followed(job, { ...asStream, "last-event-id": "3" });
  expect(rest[0]?.id).toBe(4);
});

test("3.1: the JSON of a job has the same events, and its time of end", async () => {
  const { json } = await call("GET", `/jobs/${job}`, { as: ann });
  expect(provisionJob(json, "job")).toEqual([]);
  expect(json).toMatchObject({ id: job, username: "ann", workspaceName: workspace, status: "completed" });
  expect((json as { events: unknown }).events).toEqual(await followed(job));
  expect((json as { finishedAt: string }).finishedAt).not.toMatch(/^0001/);
});

test("3.1: while a job runs its end is year 1; who follows it sees its end", async () => {
  await call("DELETE", `/workspaces/${workspace}`, { as: ann });
  const { json } = await call("POST", "/workspaces", { as: ann, body: { blueprint: "dev" } });
  const { jobId, monitorUrl } = json as { jobId: string; monitorUrl: string };
  const [running, events] = await Promise.all([call("GET", `/jobs/${jobId}`, { as: ann }), followed(jobId)]);
  expect(monitorUrl).toBe(`/api/v1/jobs/${jobId}`);
  expect(provisionJob(running.json, "job")).toEqual([]);
  expect(running.json).toMatchObject({ status: "running", finishedAt: "0001-01-01T00:00:00Z" });
  expect(events.findLast(({ type }) => type === "status")?.status).toBe("Running");
});

test("3.1: an error comes before the stream begins, with its status", async () => {
  const unknown = "/jobs/00000000-0000-4000-8000-000000000000";
  expect((await call("GET", unknown, { as: ann, headers: asStream })).status).toBe(404);
  expect((await call("GET", unknown, { headers: asStream })).status).toBe(401);
});

test("3.2: logs are lines of text, or one event per line; without follow they end", async () => {
  await takeWebAppPort();
  const web = `/workspaces/${workspace}/apps/web`;
  await call("POST", `${web}/start`, { as: ann });
  const logs = (query = "", headers?: Credentials) =>
    call("GET", `${web}/logs${query}`, { as: ann, headers });
  const line = /^serving .* on port 8080$/m;
  await vi.waitFor(async () => expect((await logs()).text).toMatch(line), { timeout: 60_000, interval: 50 });
  const plain = await logs();
  expect(plain.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(plain.headers.get("cache-control")).toBe("no-cache");
  expect(plain.text.endsWith("\n")).toBe(true);
  const events = await logs("", asStream);
  expect(events.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(events.text).toMatch(/^data: serving .* on port 8080\n\n/m);
  expect(await logs("?logType=install")).toMatchObject({ status: 200, text: "" });

  const stop = new AbortController();
  const following = await fetch(`${platform.assembled().server.url}/api/v1${web}/logs?follow=true`, {
    headers: ann,
    signal: stop.signal,
  });
  const reader = following.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toMatch(line);
  await call("POST", `${web}/stop`, { as: ann });
  // Following ends with the app.
  while (!(await reader?.read())?.done);
  stop.abort();
});

test("3.3: files are written whole, made or replaced, and read back byte by byte", async () => {
  const as = ann;
  const files = `/workspaces/${workspace}/files?path=`;
  const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
  expect((await call("PUT", `${files}data.bin`, { as, body: bytes })).status).toBe(201);
  expect((await call("PUT", `${files}data.bin`, { as, body: bytes.subarray(0, 5) })).status).toBe(204);
  expect((await call("PUT", `${files}data.bin`, { as, body: bytes })).status).toBe(204);

  const got = await platform.assembled().request("GET", `/api/v1${files}data.bin`, { credentials: as });
  expect(Object.fromEntries(got.headers)).toMatchObject({
    "content-type": "application/octet-stream",
    "content-length": "70000",
    "x-content-type-options": "nosniff",
    "content-disposition": expect.stringMatching(/^attachment;.*filename\*=UTF-8''data\.bin$/),
    "accept-ranges": "bytes",
    etag: expect.stringMatching(/^"/),
  });
  expect(Buffer.compare(Buffer.from(await got.arrayBuffer()), bytes)).toBe(0);
  const part = await call("GET", `${files}data.bin`, { as, headers: { range: "bytes=1-3" } });
  expect([part.status, part.headers.get("content-range")]).toEqual([206, "bytes 1-3/70000"]);
  const etag = got.headers.get("etag") ?? "";
  expect((await call("GET", `${files}data.bin`, { as, headers: { "if-none-match": etag } })).status).toBe(
    304,
  );
  // A path from the root, and a name that needs care.
  expect((await call("GET", `${files}/home/ann/data.bin`, { as })).status).toBe(200);
  const name = encodeURIComponent("grüße & mehr.txt");
  expect((await call("PUT", `${files}${name}`, { as, body: bytes })).status).toBe(201);
  const named = await call("GET", `${files}${name}`, { as });
  expect(named.headers.get("content-disposition")).toContain(
    "filename*=UTF-8''gr%C3%BC%C3%9Fe%20&%20mehr.txt",
  );
});

test("3.3: a form with one file is taken as well", async () => {
  const form = new FormData();
  form.set("file", new Blob(["from a form"]), "ignored.txt");
  const url = `${platform.assembled().server.url}/api/v1/workspaces/${workspace}/files?path=form.txt`;
  expect((await fetch(url, { method: "PUT", headers: ann, body: form })).status).toBe(201);
  expect(await (await fetch(url, { headers: ann })).text()).toBe("from a form");
});

test("3.3: what cannot be read or written says why by its status", async () => {
  const files = `/workspaces/${workspace}/files`;
  const body = new TextEncoder().encode("x");
  await expectRows(platform, ann, [
    ["GET", files, 400],
    ["GET", `${files}?path=`, 400],
    ["GET", `${files}?path=.`, 400],
    ["GET", `${files}?path=a%00b`, 400],
    ["GET", `${files}?path=nothing-here`, 404],
    ["PUT", files, 400, undefined, body],
    ["PUT", `${files}?path=.`, 400, undefined, body],
    ["PUT", `${files}?path=no/such/place.txt`, 404, undefined, body],
    ["PUT", `${files}?path=/etc/passwd`, 403, undefined, body],
  ]);
});

test("2.6: sessions are listed oldest first, the open ones without an end", async () => {
  const url = `${platform.assembled().server.url}/api/v1/workspaces/${workspace}/interactive`;
  const sessions = async (query = "") => {
    const { json } = await call("GET", `/users/ann/sessions${query}`, { as: ann });
    expect(list(sshSession)(json, "sessions")).toEqual([]);
    return json as ReadonlyArray<{ sessionID: string; endTime: string | null; startTime: string }>;
  };
  const first = await openTerminal(`${url}?tab=a`, { headers: { ...ann } });
  await vi.waitFor(async () => expect(await sessions()).toHaveLength(1), { timeout: 60_000, interval: 50 });
  // Start times have whole seconds.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const second = await openTerminal(`${url}?tab=b`, { headers: { ...ann } });
  await vi.waitFor(async () => expect(await sessions()).toHaveLength(2), { timeout: 60_000, interval: 50 });
  const both = await sessions();
  expect(both.map(({ startTime }) => startTime)).toEqual(both.map(({ startTime }) => startTime).toSorted());
  expect(both[1]).toMatchObject({ endTime: null, workspace, username: "ann", blueprint: "dev" });
  expect(both[1]).toHaveProperty("operations", both[1] && Reflect.get(both[1], "channels"));
  expect((await sessions("?last_n=1")).map(({ sessionID }) => sessionID)).toEqual([both[1]?.sessionID]);
  expect(await sessions(`?workspace=${workspace}&all=true`)).toHaveLength(2);
  expect(await sessions("?workspace=another")).toEqual([]);
  const { json } = await call("GET", `/sessions?username=ann&workspace=${workspace}&last_n=2`, { as: ann });
  expect((json as typeof both).map(({ sessionID }) => sessionID)).toEqual(
    both.map(({ sessionID }) => sessionID),
  );
  first.socket.close();
  second.socket.close();
});
