import { z } from "zod";
import { count, flag, name, time, username } from "./common.ts";

export const recordingsQuery = z.object({
  username: username.optional(),
  workspace: name.optional(),
  last_n: z.coerce.number().int().min(1).max(1000).default(100).describe("Of so many sessions, the latest."),
  all: flag.optional().describe("Of all users whose sessions the caller may see."),
});

export const recording = z
  .object({
    sessionID: z.string(),
    username: z.string(),
    workspace: z.string(),
    kind: z.enum(["shell", "exec"]),
    width: count.describe("Columns at the beginning."),
    height: count.describe("Rows at the beginning."),
    startedAt: time,
    durationMs: count.describe("From the beginning to the last event."),
    size: count.describe("Bytes of the asciicast."),
    active: z.boolean().describe("It is being made now."),
    cast: z.string().describe("Where the asciicast is, relative to the server."),
  })
  .meta({ id: "Recording", description: "A recorded terminal or command." });

export type RecordingJson = z.output<typeof recording>;
