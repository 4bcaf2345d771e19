import { z } from "zod";
import { route } from "../route.ts";
import { provisionJob } from "../schemas/index.ts";
import { actions } from "./actions.ts";

export const jobRoutes = {
  getJob: route({
    method: "GET",
    path: "/jobs/:job_id",
    operationId: "getJob",
    tag: "Jobs",
    summary: "A provisioning job, as a record or as a stream of its events",
    description:
      "JSON by default. With `Accept: text/event-stream` each event is one `data:` line; all events so far come " +
      "first, and the stream ends when the job is over. `Last-Event-ID` skips the events before it.",
    permission: actions.jobRead,
    params: z.object({ job_id: z.string().regex(/^[A-Za-z0-9._-]{1,128}$/) }),
    watch: { everySeconds: 5, on: ["jobs"] },
    follow: "event-stream",
    responses: { 200: provisionJob },
    alternative: "event-stream",
    errors: {
      404: "no such job, or its record has expired",
      503: "job records cannot be read: the store is away, or the Provisioner is elsewhere and NATS is not enabled",
    },
  }),
} as const;
