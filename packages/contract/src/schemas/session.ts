import { z } from "zod";
import { count, flag, name, timeOrNull, username } from "./common.ts";

const operations = z
  .array(z.string())
  .describe(
    "`sh` shell, `pt` PTY, `pf` port forward, `sf` SFTP, `sc` SCP, `ex` exec, `af` agent, `se` system exec.",
  );

/** rest-contract 2.6 and section 6, row 4: the released command line reads `channels`, newer clients `operations`. */
export const sshSession = z
  .object({
    sessionID: z.string(),
    username: z.string(),
    k8shelldVer: z.string(),
    client: z.string(),
    clientIP: z.string(),
    startTime: timeOrNull,
    endTime: timeOrNull.describe("null: the session is active."),
    workspace: z.string(),
    bytesIn: count,
    bytesOut: count,
    operations,
    channels: operations.describe("Same as `operations`."),
    blueprint: z.string(),
    updatedAt: timeOrNull,
    ptyName: z.string(),
  })
  .meta({ id: "SSHSession", description: "One connection of a user to a workspace." });

const lastN = z.coerce.number().int().min(0).max(1000).optional().describe("Only the newest so many.");

/** Query of the session lists below a user. */
export const userSessionsQuery = z.object({
  workspace: name.optional(),
  last_n: lastN,
  all: flag.optional().describe("Accepted; ended sessions are always included."),
});

/** Query of `GET /sessions`. */
export const sessionsQuery = z.object({
  username: username.optional().describe("Default: the caller."),
  workspace: name.optional(),
  last_n: lastN,
  all: flag.optional().describe("Without `username`: sessions of everybody that the caller may see."),
});

export type SshSessionJson = z.output<typeof sshSession>;
