import type { JobEvent, JobRecord } from "./job-record.ts";

/** Milliseconds without a change after which a running job counts as abandoned. */
export const defaultStaleAfterMs = 5 * 60_000;

const reason =
  "The job stopped reporting: whatever provisioned the workspace ended or lost its connection. Create it again.";

/** `YYYY-MM-DD HH:MM:SS` in local time, as the events of the platform have it (rest-contract 2.3). */
const eventTime = (date: Date): string => {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
};

/** Milliseconds until a running job is stale; 0 when it is; undefined when it is over. An unreadable time is stale. */
export const untilStale = (job: JobRecord, now: number, staleAfterMs: number): number | undefined => {
  if (job.status !== "running") return undefined;
  const updated = Date.parse(job.updatedAt);
  return Number.isNaN(updated) ? 0 : Math.max(0, updated + staleAfterMs - now);
};

/**
 * A record as it is told to clients. If the provisioner dies, its record says `running` for ever (grpc-behaviour
 * section 3): such a job is reported as completed with a last status event `Error`, which is how failure looks.
 */
export const asReported = (job: JobRecord, now: number, staleAfterMs: number): JobRecord => {
  if (untilStale(job, now, staleAfterMs) !== 0) return job;
  const events = job.events ?? [];
  const last: JobEvent = {
    id: (events.at(-1)?.id ?? 0) + 1,
    type: "status",
    timestamp: eventTime(new Date(now)),
    status: "Error",
    message: reason,
  };
  return { ...job, status: "completed", finishedAt: job.updatedAt, events: [...events, last] };
};
