import type { KvBucket } from "@k8shell/kv";
import type { Logger } from "pino";
import { parseJob } from "../jobs/parse-job.ts";
import type { Changes } from "./changes.ts";

/** Begins to tell of changes; returns what ends it. */
export type NewsSource = () => () => void;

/** Pause before a watch that broke is begun again, milliseconds. */
const againMs = 1_000;

/** Tells whose provisioning jobs change, whichever replica or service writes them. */
export const createJobNews =
  ({ bucket, changes, log }: { bucket: KvBucket; changes: Changes; log: Logger }): NewsSource =>
  () => {
    const stop = new AbortController();
    const { signal } = stop;

    const follow = async () => {
      let isCurrent = false;
      for await (const event of bucket.watch({ signal })) {
        if (event.type === "current") {
          // What was missed is not known.
          if (isCurrent) changes.tell({ topic: "jobs" });
          isCurrent = true;
        } else if (event.type !== "interrupted" && isCurrent) {
          const job = event.type === "put" ? parseJob(event.value) : undefined;
          changes.tell({ topic: "jobs", username: job?.username });
        }
      }
    };

    const keepFollowing = async () => {
      while (!signal.aborted) {
        await follow().catch((err: unknown) => {
          if (!signal.aborted) log.warn({ err }, "the watch on jobs broke; trying again");
        });
        if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, againMs).unref());
      }
    };
    void keepFollowing();
    return () => stop.abort();
  };
