import { type KvBucket, type KvStore, sqliteKv } from "@k8shell/kv";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JobRecord } from "./job-record.ts";
import { createJobStore } from "./job-store.ts";

const job = (
  status: JobRecord["status"],
  events: number,
  updatedAt = new Date().toISOString(),
): JobRecord => ({
  id: "j-1",
  workspaceName: "alice-59936c3",
  username: "alice",
  status,
  createdAt: "2026-08-23T10:00:00Z",
  updatedAt,
  finishedAt: status === "completed" ? updatedAt : "0001-01-01T00:00:00Z",
  events: Array.from({ length: events }, (_, i) => ({
    id: i + 1,
    type: "event" as const,
    message: `step ${i + 1}`,
  })),
});

const collect = async (records: AsyncIterable<JobRecord>): Promise<JobRecord[]> => {
  const collected: JobRecord[] = [];
  for await (const record of records) collected.push(record);
  return collected;
};

describe("the job store", () => {
  let kv: KvStore;
  let bucket: KvBucket;
  const write = (record: JobRecord) => bucket.put("j-1", JSON.stringify(record));
  const never = new AbortController().signal;

  beforeEach(async () => {
    kv = sqliteKv({ file: ":memory:" });
    bucket = await kv.bucket("workspace-provision-jobs");
  });
  afterEach(() => kv.close());

  it("finds a job, and nothing under other ids", async () => {
    const jobs = createJobStore({ bucket });
    await write(job("running", 1));
    expect(await jobs.get("j-1")).toMatchObject({ id: "j-1", status: "running" });
    for (const id of ["j-2", "", "../j-1", "j 1"]) expect(await jobs.get(id)).toBeUndefined();
  });

  it("takes an unreadable record for none", async () => {
    await bucket.put("j-1", "{");
    expect(await createJobStore({ bucket }).get("j-1")).toBeUndefined();
  });

  it("reports an abandoned job as failed", async () => {
    await write(job("running", 1, "2026-08-23T10:00:00Z"));
    const found = await createJobStore({ bucket }).get("j-1");
    expect(found?.status).toBe("completed");
    expect(found?.events?.at(-1)).toMatchObject({ id: 2, status: "Error" });
  });

  it("follows a job to its end", async () => {
    await write(job("running", 1));
    const counts: number[] = [];
    for await (const record of createJobStore({ bucket }).follow("j-1", never)) {
      const count = record.events?.length ?? 0;
      counts.push(count);
      await write(job(count < 3 ? "running" : "completed", count + 1));
    }
    expect(counts.at(-1)).toBe(4);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  });

  it("ends at once for a job that is over", async () => {
    await write(job("completed", 2));
    const records = await collect(createJobStore({ bucket }).follow("j-1", never));
    expect(records).toHaveLength(1);
  });

  it("ends without a record when there is none, or when it expires", async () => {
    const jobs = createJobStore({ bucket });
    expect(await collect(jobs.follow("j-1", never))).toEqual([]);
    await write(job("running", 1));
    const seen: JobRecord[] = [];
    for await (const record of jobs.follow("j-1", never)) {
      seen.push(record);
      await bucket.delete("j-1");
    }
    expect(seen).toHaveLength(1);
  });

  it("ends when nobody listens any more", async () => {
    await write(job("running", 1));
    const stop = new AbortController();
    const seen: JobRecord[] = [];
    for await (const record of createJobStore({ bucket }).follow("j-1", stop.signal)) {
      seen.push(record);
      stop.abort();
    }
    expect(seen).toHaveLength(1);
  });

  it("gives up on a job that is abandoned while it is followed", async () => {
    await write(job("running", 1));
    const records = await collect(createJobStore({ bucket, staleAfterMs: 50 }).follow("j-1", never));
    expect(records.at(-1)).toMatchObject({ status: "completed" });
    expect(records.at(-1)?.events?.at(-1)).toMatchObject({ status: "Error" });
  });

  it("does not deny a job that may be where it cannot look", async () => {
    const jobs = createJobStore({ bucket, mayBeElsewhere: true });
    await expect(jobs.get("j-1")).rejects.toMatchObject({
      status: 503,
      message: expect.stringContaining("nats.enabled"),
    });
    await write(job("completed", 1));
    expect(await jobs.get("j-1")).toMatchObject({ id: "j-1" });
  });
});
