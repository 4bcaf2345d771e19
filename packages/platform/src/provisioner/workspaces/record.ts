import { blueprintSchema, workspaceStatusWords } from "@k8shell/contract";
import { z } from "zod";
import { runtimeSchema } from "../sandbox/types.ts";

/** Everything that is remembered of a workspace. Stored as JSON under its name. */
export const workspaceRecordSchema = z.object({
  /** Canonical id. */
  name: z.string(),
  /** Canonical user string. */
  userString: z.string(),
  username: z.string(),
  organization: z.string(),
  blueprint: z.string(),
  repoOwner: z.string(),
  repoName: z.string(),
  repoRef: z.string(),
  /** RFC 3339. */
  created: z.string(),
  status: z.enum(workspaceStatusWords),
  message: z.string(),
  restarts: z.int(),
  lastFailMessage: z.string(),
  jobId: z.string(),
  appVersion: z.string(),
  hostname: z.string(),
  subdomain: z.string(),
  cpu: z.string(),
  memory: z.string(),
  /** Unique on this machine; marks its processes. */
  instance: z.string(),
  /** Its directory below the workspaces directory `data` (the server's own) or `shared` (reachable by every user). */
  location: z.enum(["data", "shared"]),
  hostUid: z.int().optional(),
  /** The owner as the running daemon knows them. */
  user: z.object({ uid: z.int(), gid: z.int(), fullname: z.string(), shell: z.string() }),
  /** What it was last provisioned from; absent before the first success. */
  composed: blueprintSchema.optional(),
  runtime: runtimeSchema.optional(),
  /** A stop or delete asked for with a delay, RFC 3339. */
  pending: z.object({ kind: z.enum(["stop", "delete"]), at: z.string() }).optional(),
});

export type WorkspaceRecord = z.output<typeof workspaceRecordSchema>;
export type WorkspaceStatus = WorkspaceRecord["status"];
