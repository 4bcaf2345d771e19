import { provisionJob } from "@k8shell/contract";
import { describe, expect, it } from "vitest";
import type { JobRecord } from "./job-record.ts";
import { parseJob } from "./parse-job.ts";
import { asReported, untilStale } from "./stale.ts";

const running: JobRecord = {
  id: "j-1",
  workspaceName: "alice-59936c3",
  username: "alice",
  status: "running",
  createdAt: "2026-08-23T10:00:00Z",
  updatedAt: "2026-08-23T10:00:10Z",
  finishedAt: "0001-01-01T00:00:00Z",
  events: [{ id: 1, type: "status", timestamp: "2026-08-23 10:00:10", status: "Starting" }],
};
const updated = Date.parse(running.updatedAt);
const limit = 60_000;

describe("a job record that says running", () => {
  it("is passed on as it is while it is being written", () => {
    expect(asReported(running, updated + limit - 1, limit)).toBe(running);
    expect(untilStale(running, updated + 20_000, limit)).toBe(40_000);
  });

  it("is reported as failed, with a reason, when nobody has written it for too long", () => {
    const reported = asReported(running, updated + limit, limit);
    expect(provisionJob.parse(reported)).toEqual(reported);
    expect(reported).toMatchObject({ status: "completed", finishedAt: running.updatedAt });
    expect(reported.events).toHaveLength(2);
    expect(reported.events?.at(-1)).toMatchObject({ id: 2, type: "status", status: "Error" });
    expect(reported.events?.at(-1)?.message).toContain("stopped reporting");
    expect(reported.events?.at(-1)?.timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  });

  it("is stale when its time cannot be read", () => {
    expect(asReported({ ...running, updatedAt: "soon" }, updated, limit).status).toBe("completed");
  });
});

describe("a job record that says completed", () => {
  it("is never stale, also when a restart left an older finishedAt", () => {
    const done: JobRecord = { ...running, status: "completed" };
    expect(untilStale(done, updated + 10 * limit, limit)).toBeUndefined();
    expect(asReported(done, updated + 10 * limit, limit)).toBe(done);
  });
});

describe("a stored job", () => {
  it("is read with what it has, null events and odd fields included", () => {
    expect(parseJob(JSON.stringify(running))).toEqual(running);
    expect(parseJob(JSON.stringify({ ...running, events: null, extra: 1, username: 7 }))).toMatchObject({
      id: "j-1",
      events: undefined,
      username: undefined,
    });
  });

  it("shows the events that are understood beside those of a newer provisioner", () => {
    const newer = { id: 2, type: "hint", message: "of a kind that is not known" };
    const known = { id: 3, type: "status", status: "Running" };
    const text = JSON.stringify({ ...running, events: [newer, null, known] });
    expect(parseJob(text)?.events).toEqual([known]);
  });

  it.each(["", "{", "null", "[]", '{"id":"x"}', '{"id":"x","status":"failed"}'])("is not %j", (text) => {
    expect(parseJob(text)).toBeUndefined();
  });
});
