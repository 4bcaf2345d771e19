import { routes } from "@k8shell/contract";
import {
  type BoundRoute,
  bind,
  type HandlerResult,
  handled,
  json,
  type RequestContext,
} from "../http/handler.ts";
import { eventsAfter, heartbeatFrame, jobEventFrame, lastEventId } from "../jobs/job-events.ts";
import type { JobRecord } from "../jobs/job-record.ts";
import type { JobStore } from "../jobs/job-store.ts";
import { beginTextStream, eventStreamType, heartbeatMs, wantsEventStream } from "./text-stream.ts";

export interface JobRoutesDeps {
  readonly jobs: JobStore;
}

/** Sends the events of a job as they come and ends with the job: the end of the stream is the only end mark there is. */
const streamEvents = async (
  context: RequestContext,
  jobs: JobStore,
  job: JobRecord,
): Promise<HandlerResult> => {
  let seen = lastEventId(context.request.headers["last-event-id"]);
  const stream = beginTextStream(context, "events", eventStreamType, {
    text: heartbeatFrame,
    everyMs: heartbeatMs,
  });
  const send = async (record: JobRecord): Promise<boolean> => {
    for (const event of eventsAfter(record.events, seen)) {
      if (!(await stream.write(jobEventFrame(event)))) return false;
      seen = event.id;
    }
    return true;
  };
  if ((await send(job)) && job.status !== "completed") {
    for await (const record of jobs.follow(job.id, context.signal)) {
      if (!(await send(record))) break;
    }
  }
  // Not in a `finally`: after a failure the connection is cut, which does not look like the end of the job.
  await stream.end();
  return handled;
};

/** `GET /jobs/:job_id`: JSON by default, server-sent events on request (rest-contract 3.1). */
export const jobRoutes = ({ jobs }: JobRoutesDeps): BoundRoute[] => [
  bind(routes.getJob, (context) => {
    const { job } = context.target;
    if (!job) throw new Error("the target of a job route is a job");
    return wantsEventStream(context) ? streamEvents(context, jobs, job) : json(200, job);
  }),
];
