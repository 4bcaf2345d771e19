import type { KvBucket, KvEvent } from "@k8shell/kv";
import { ApiError } from "../http/api-error.ts";
import type { JobRecord } from "./job-record.ts";
import { parseJob } from "./parse-job.ts";
import { asReported, defaultStaleAfterMs, untilStale } from "./stale.ts";

/** Provisioning jobs as clients are told of them. */
export interface JobStore {
  /**
   * A job; undefined when there is none or its record has expired.
   * @throws ApiError unavailable, also when it may be where this server cannot look
   */
  get(id: string): Promise<JobRecord | undefined>;
  /**
   * The job as it is and after each change, ending with the first that is completed. Ends without one when the record
   * expires or `signal` aborts. @throws ApiError unavailable
   */
  follow(id: string, signal: AbortSignal): AsyncIterable<JobRecord>;
}

export interface JobStoreDeps {
  /** `workspace-provision-jobs`. */
  bucket: KvBucket;
  /** May jobs be written where this server cannot look: by a Provisioner elsewhere, with no NATS between them? */
  mayBeElsewhere?: boolean;
  /** Milliseconds without a change after which a running job is reported as failed (default 300 000). */
  staleAfterMs?: number;
  now?: () => number;
}

const notVisible =
  "Jobs of the Provisioner cannot be seen by this server: its operator has to enable NATS (nats.enabled, nats.url).";
const keyShape = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/** `promise`, or undefined after `ms`. */
const within = async <T>(promise: Promise<T>, ms: number): Promise<T | undefined> => {
  const { promise: timeout, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
};

/** Reads the jobs that the provisioner writes (rest-contract 2.3 and 2.16). */
export const createJobStore = ({
  bucket,
  mayBeElsewhere = false,
  staleAfterMs = defaultStaleAfterMs,
  now = Date.now,
}: JobStoreDeps): JobStore => {
  /** Changes of one job; a last one is made up when none comes for too long. */
  async function* changes(events: AsyncIterator<KvEvent>): AsyncGenerator<JobRecord> {
    let latest: JobRecord | undefined;
    let pending = events.next();
    for (;;) {
      const left = latest && untilStale(latest, now(), staleAfterMs);
      // A timer may fire a little early by the clock that decides; a second more settles it.
      const result = left === undefined ? await pending : await within(pending, left + 1000);
      if (result === undefined) {
        if (latest) yield asReported(latest, now(), staleAfterMs);
        return;
      }
      if (result.done) return;
      pending = events.next();
      const { value: event } = result;
      if (event.type === "current" && latest === undefined) return;
      if (event.type === "delete") return;
      if (event.type !== "put") continue;
      const job = parseJob(event.value);
      if (!job) continue;
      latest = job;
      yield asReported(job, now(), staleAfterMs);
    }
  }

  return {
    async get(id) {
      if (!keyShape.test(id)) return undefined;
      const entry = await bucket.get(id);
      // rest-contract 1.1, row 30: without NATS it is not known whether there is such a job.
      if (!entry && mayBeElsewhere) throw new ApiError("unavailable", notVisible);
      const job = entry && parseJob(entry.value);
      return job && asReported(job, now(), staleAfterMs);
    },
    async *follow(id, signal) {
      const stop = new AbortController();
      const watch = bucket.watch({ key: id, signal: AbortSignal.any([signal, stop.signal]) });
      const events = watch[Symbol.asyncIterator]();
      try {
        for await (const job of changes(events)) {
          yield job;
          if (job.status === "completed") return;
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        stop.abort();
        // Whatever the watch was waiting for when it was stopped concerns nobody any more.
        void Promise.resolve(events.return?.()).catch(() => {});
      }
    },
  };
};
