import { silentLog } from "@k8shell/contract";
import { type KvBucket, KvUnavailableError, sqliteKv } from "@k8shell/kv";
import { afterEach, beforeEach, expect, test } from "vitest";
import { beginJob, type Job } from "./job.ts";
import { eventTimestamp, type JobEvent, parseJobRecord } from "./record.ts";

let kv: ReturnType<typeof sqliteKv>;
let bucket: KvBucket;

beforeEach(async () => {
  kv = sqliteKv({ file: ":memory:" });
  bucket = await kv.bucket("workspace-provision-jobs");
});
afterEach(() => kv.close());

const begin = (append = false): Promise<Job> =>
  beginJob({ bucket, id: "j", workspaceName: "w", username: "alice", log: silentLog, append });
const stored = async () => parseJobRecord((await bucket.get("j"))?.value ?? "");

test("a record exists as running from the beginning and never finished before its end", async () => {
  await begin();
  expect(await stored()).toMatchObject({
    id: "j",
    workspaceName: "w",
    username: "alice",
    status: "running",
    finishedAt: "0001-01-01T00:00:00Z",
    events: [],
  });
});

test("events are numbered from 1 and progress never goes back", async () => {
  const job = await begin();
  job.status("Starting", "begin");
  job.progress(20);
  job.progress(20);
  job.event("Home/w", "made");
  job.progress(10);
  job.progress(40);
  await job.finish();
  const record = await stored();
  expect(record?.events?.map(({ id, type, status }) => [id, type, status])).toEqual([
    [1, "status", "Starting"],
    [2, "progress", "20"],
    [3, "event", undefined],
    [4, "progress", "40"],
  ]);
  expect(record?.status).toBe("completed");
  expect(record?.finishedAt).toBe(record?.updatedAt);
});

test("a continued job keeps its beginning and its end until it ends again, and goes on counting", async () => {
  const first = await begin();
  first.status("Running", "x");
  await first.finish();
  const before = await stored();
  const second = await begin(true);
  expect(await stored()).toMatchObject({
    status: "running",
    createdAt: before?.createdAt,
    finishedAt: before?.finishedAt,
  });
  second.status("Starting", "again");
  await second.finish();
  expect((await stored())?.events?.map(({ id, message }) => [id, message])).toEqual([
    [1, "x"],
    [2, "again"],
  ]);
});

test("a continued job whose record is gone begins anew under its id", async () => {
  const job = await begin(true);
  job.status("Starting", "x");
  await job.finish();
  expect((await stored())?.events?.map(({ id }) => id)).toEqual([1]);
});

test("an observer sees this run from its start to its end, also when it comes late", async () => {
  const earlier = await begin();
  earlier.status("Running", "old");
  await earlier.finish();
  const job = await begin(true);
  job.status("Starting", "one");
  const seen: JobEvent[] = [];
  const watching = (async () => {
    for await (const event of job.observe()) seen.push(event);
  })();
  job.status("Running", "two");
  await job.finish();
  await watching;
  expect(seen.map(({ message }) => message)).toEqual(["one", "two"]);
  const late: JobEvent[] = [];
  for await (const event of job.observe()) late.push(event);
  expect(late).toEqual(seen);
});

test("an observer that leaves changes nothing for the job", async () => {
  const job = await begin();
  job.status("Starting", "one");
  for await (const _ of job.observe()) break;
  job.status("Running", "two");
  await job.finish();
  expect((await stored())?.events).toHaveLength(2);
});

test("the longest message fits the lines that clients read", async () => {
  const job = await begin();
  job.event("x", "y".repeat(1_000_000));
  await job.finish();
  expect((await stored())?.events?.[0]?.message?.length).toBeLessThan(64 * 1024);
});

test("timestamps have no zone", () => {
  expect(eventTimestamp(new Date(2026, 0, 2, 3, 4, 5))).toBe("2026-01-02 03:04:05");
});

test("a record outgrows no store: the oldest of many long events are dropped", async () => {
  const job = await begin();
  for (let i = 0; i < 400; i += 1) job.event("Home/w", "ä".repeat(4_000));
  job.status("Running", "the end");
  await job.finish();
  const value = (await bucket.get("j"))?.value ?? "";
  expect(Buffer.byteLength(value)).toBeLessThan(1024 * 1024);
  expect(parseJobRecord(value)?.events?.at(-1)).toMatchObject({ id: 401, message: "the end" });
});

test("the end of a job is stored when the store is back", async () => {
  let away = false;
  const down = () => Promise.reject(new KvUnavailableError("away"));
  const flaky: KvBucket = {
    ...bucket,
    get: (key) => (away ? down() : bucket.get(key)),
    put: (key, value) => (away ? down() : bucket.put(key, value)),
  };
  const job = await beginJob({
    bucket: flaky,
    id: "j",
    workspaceName: "w",
    username: "alice",
    log: silentLog,
    append: false,
  });
  away = true;
  job.status("Running", "up");
  await job.finish();
  expect((await stored())?.status).toBe("running");
  away = false;
  await expect.poll(async () => (await stored())?.status).toBe("completed");
});
