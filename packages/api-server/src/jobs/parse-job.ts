import { z } from "zod";
import type { JobRecord } from "./job-record.ts";

const text = z.string().optional().catch(undefined);

const event = z.object({
  id: z.number().int(),
  type: z.enum(["event", "status", "progress"]),
  timestamp: text,
  objectName: text,
  message: text,
  status: text,
});

const record = z.object({
  id: z.string().min(1),
  workspaceName: text,
  username: text,
  status: z.enum(["running", "completed"]),
  createdAt: z.string(),
  updatedAt: z.string(),
  finishedAt: z.string(),
  // An event of a kind that is not known here must not hide the job.
  events: z
    .array(event.nullable().catch(null))
    .nullish()
    .transform((events) => events?.filter((known) => known !== null)),
});

/** Reads a stored record; undefined when it is not one. Unknown keys are dropped, and so are events that cannot be read. */
export const parseJob = (value: string): JobRecord | undefined => {
  try {
    return record.parse(JSON.parse(value));
  } catch {
    return undefined;
  }
};
