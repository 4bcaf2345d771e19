import { z } from "zod";

const event = z.object({
  id: z.int(),
  type: z.enum(["event", "status", "progress"]),
  timestamp: z.string().optional(),
  objectName: z.string().optional(),
  message: z.string().optional(),
  status: z.string().optional(),
});

/** A provisioning job as stored under its id (rest-contract 2.3, grpc-behaviour section 3). */
export const jobRecordSchema = z.object({
  id: z.string(),
  workspaceName: z.string().optional(),
  username: z.string().optional(),
  status: z.enum(["running", "completed"]),
  createdAt: z.string(),
  updatedAt: z.string(),
  finishedAt: z.string(),
  events: z.array(event).optional(),
});

export type JobEvent = z.output<typeof event>;
export type JobRecord = z.output<typeof jobRecordSchema>;

/** `finishedAt` of a job that never finished. */
export const notFinished = "0001-01-01T00:00:00Z";

/** `YYYY-MM-DD HH:MM:SS` in the server's zone, which the platform's events carry without naming it. */
export const eventTimestamp = (time: Date): string => {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
};

/** The record stored as `text`; undefined when it is not one. */
export const parseJobRecord = (text: string): JobRecord | undefined => {
  try {
    return jobRecordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};
