import { z } from "zod";
import { count, flag, name, username } from "./common.ts";

export const liveKind = z.enum(["terminal", "app", "files", "events", "logs"]);

export const liveConnection = z
  .object({
    id: z.string(),
    kind: liveKind,
    username: z.string(),
    workspace: z.string().describe("Empty: it leads to no workspace."),
    credential: z.enum(["session", "token", "jwt"]).describe("What it was opened with."),
    tokenPreview: z.string().describe("First 13 characters of the access token; else empty."),
    clientIP: z.string(),
    openedAt: z.iso.datetime(),
    lastActiveAt: z.iso.datetime().describe("When the user last did something."),
    bytesIn: count.describe("Received from the client, framing included."),
    bytesOut: count.describe("Sent to the client, framing included."),
    requestId: z.string(),
  })
  .meta({ id: "LiveConnection", description: "One open connection of this replica." });

export const liveQuery = z.object({
  username: username.optional().describe("Default: the caller."),
  workspace: name.optional(),
  kind: liveKind.optional(),
  all: flag.optional().describe("Without `username`: those of everybody that the caller may see."),
});

export const closeLiveQuery = z.object({
  username: username
    .optional()
    .describe("Whose connection it is; needed when it belongs to another replica than the one that answers."),
});

export type LiveConnectionJson = z.output<typeof liveConnection>;
