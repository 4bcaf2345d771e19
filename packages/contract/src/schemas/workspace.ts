import { z } from "zod";
import { int32, name, opt, time, username } from "./common.ts";

/** Status words of a workspace; `Starting` means provisioning. */
export const workspaceStatusWords = [
  "Starting",
  "Warning",
  "Pulling",
  "Running",
  "Failing",
  "Stopping",
  "Terminating",
  "Stopped",
  "Error",
  "Unknown",
] as const;

/** rest-contract 2.1. Flat: the status fields are at the top level. */
export const workspaceDetails = z
  .object({
    created: time.nullable(),
    status: z.enum(workspaceStatusWords),
    message: z.string().describe("Why the workspace has its status."),
    restarts: int32,
    lastFailMessage: z.string().optional(),
    appVersion: z.string(),
    name: z.string().describe("Canonical id, or the pod's name for an injected workspace."),
    username: z.string().describe("The owner."),
    repoOwner: z.string().optional(),
    repoName: z.string().optional(),
    repoRef: z.string().optional(),
    blueprint: z.string(),
    origin: z.string().describe("Repository `owner/name`, or the blueprint."),
    organization: z.string(),
    cpu: z.string().describe("Kubernetes quantity, e.g. `500m`."),
    memory: z.string().describe("Kubernetes quantity, e.g. `256Mi`."),
    serverName: z.string().describe("Host name to connect to by SSH."),
    podIP: z.string(),
    port: int32,
    tlsEnabled: z.boolean(),
    namespace: z.string(),
    hostname: z.string().optional(),
    jobId: z.string().optional().describe("The job that provisioned it last, while its record lasts."),
    workspaceType: z.string().describe("`standalone` or `injected`."),
    workloadKind: z.string().optional(),
    workloadName: z.string().optional(),
    replicaIndex: int32.nullable().optional(),
    replicaCount: int32.nullable().optional(),
  })
  .meta({ id: "WorkspaceDetails", description: "A workspace and its status." });

const text = z.string().max(128);

/** rest-contract 2.2. Either `blueprint` or `repoName`. */
export const workspaceCreateRequest = z
  .object({
    username: opt(username).describe("The owner; the caller when left out."),
    blueprint: opt(text),
    repoOwner: opt(text).describe("Default: the username."),
    repoName: opt(text),
    repoRef: opt(text),
    workloadKind: opt(text).describe("Inject into this workload; needs `workloadName` and `namespace`."),
    workloadName: opt(text),
    pod: opt(text),
    namespace: opt(text),
  })
  .meta({
    id: "WorkspaceCreateRequest",
    description: "What to make a workspace from: a blueprint or a repository.",
  });

export const workspaceCreateResponse = z
  .object({
    workspace: z.string(),
    jobId: z.string().describe("Empty when the platform keeps no job records."),
    monitorUrl: z.string().describe("Where to follow the job, relative to the server."),
  })
  .meta({ id: "WorkspaceCreateResponse", description: "An accepted workspace, being provisioned." });

/** rest-contract 2.3. */
export const workspaceStreamEvent = z
  .object({
    id: z.int().min(1).describe("1, 2, 3 … within the job."),
    type: z.enum(["event", "status", "progress"]),
    timestamp: z.string().optional().describe("`YYYY-MM-DD HH:MM:SS`, no zone."),
    objectName: z.string().optional(),
    message: z.string().optional(),
    status: z.string().optional().describe("Status word, or the percentage of a progress event."),
  })
  .meta({ id: "WorkspaceStreamEvent", description: "One step of a job." });

/** rest-contract 2.3. A failed job is `completed` too: its last status event is `Error` or `Failing`. */
export const provisionJob = z
  .object({
    id: z.string(),
    workspaceName: z.string().optional(),
    username: z.string().optional(),
    status: z.enum(["running", "completed"]),
    createdAt: time,
    updatedAt: time,
    finishedAt: time.describe("`0001-01-01T00:00:00Z` while the job runs."),
    events: z.array(workspaceStreamEvent).optional(),
  })
  .meta({ id: "ProvisionJob", description: "A provisioning job and its events." });

/** rest-contract 2.11. */
export const appStatus = z
  .object({
    name: z.string(),
    status: z.enum(["RUNNING", "STOPPED", "NOT-INSTALLED", "INSTALLING", "PENDING", "INVALID", "-"]),
    version: z.string(),
    port: z.int(),
    pid: z.int(),
    age: z.string().describe("How long it runs, e.g. `1h36m`."),
    restarts: z.int(),
    protocol: z.string(),
  })
  .meta({ id: "AppStatus", description: "An app of a workspace." });

const size = z.number().describe("Bytes.");

const mountUsage = z
  .object({
    mountPoint: z.string(),
    source: z.string(),
    fsType: z.string(),
    options: z.array(z.string()),
    readOnly: z.boolean(),
    isLikelyTemp: z.boolean().optional(),
    totalBytes: size,
    usedBytes: size,
    freeBytes: size,
    availableBytes: size,
    totalInodes: z.number(),
    freeInodes: z.number(),
    declaredSize: size,
  })
  .meta({ id: "MountUsage", description: "One mounted file system." });

const dockerUsage = z
  .object({
    socketPath: z.string(),
    apiVersion: z.string(),
    dockerRootDir: z.string(),
    imagesBytes: size,
    containersBytes: size,
    containersRootFsBytes: size,
    volumesBytes: size,
    buildCacheBytes: size,
    totalBytes: size,
    declaredSize: size,
  })
  .meta({ id: "DockerUsage", description: "Disk use of the workspace's own container engine." });

/** rest-contract 2.12; note the lower-case `min` in the CPU averages. */
export const systemInfo = z
  .object({
    time: z.string(),
    system: z.object({
      uptime: z.string().describe("Start time, RFC 3339."),
      cpuUsageMillicores: z.number(),
      cpuLimitMillicores: z.number(),
      memoryUsageMiB: z.number(),
      memLimitMiB: z.number(),
      cpuAvg1min: z.number(),
      cpuAvg5min: z.number(),
      cpuAvg15min: z.number(),
      users: z.int(),
    }),
    mounts: z.array(mountUsage),
    docker: dockerUsage.optional(),
    repository: z.string().optional(),
  })
  .meta({ id: "SystemInfo", description: "Resource use of a workspace." });

/** A detached shell that can be joined (rest-contract 2.13). */
export const workspaceTerminalSession = z
  .object({
    session_id: z.string(),
    owner: z.string(),
    shell: z.string(),
    created_at: z.string(),
    detached_at: z.string().optional(),
    state: z
      .enum(["attached", "elsewhere"])
      .optional()
      .describe("Absent: detached. `elsewhere`: live on another server."),
    viewers: z
      .array(z.object({ username: z.string(), role: z.enum(["owner", "writer", "observer"]) }))
      .optional()
      .describe("Who looks at it through this server."),
  })
  .meta({ id: "WorkspaceTerminalSession", description: "A terminal of a workspace." });

export const logLevel = z.enum(["debug", "info", "warn", "error", "fatal"]);

/** rest-contract 3.2, the daemon's log. */
export const workspaceLogEntry = z
  .object({
    id: z.int().describe("Grows while the daemon runs."),
    time: z.string(),
    component: z.string(),
    level: z.string(),
    message: z.string(),
  })
  .meta({ id: "WorkspaceLogEntry", description: "A line of the log of a workspace's daemon." });

export const workspaceLogPage = z
  .object({ entries: z.array(workspaceLogEntry), has_more: z.boolean().describe("There are older ones.") })
  .meta({ id: "WorkspaceLogPage", description: "A page of the log of a workspace's daemon." });

const workloadText = z.string();

export const injectNamespaces = z
  .object({ namespaces: z.array(name), clusterWide: z.boolean().optional() })
  .meta({ id: "InjectNamespaces", description: "Namespaces that workspaces can be injected into." });

export const injectWorkload = z
  .object({
    namespace: workloadText,
    kind: workloadText,
    name: workloadText,
    replicas: int32,
    injected: z.boolean().optional(),
    workspace: workloadText.optional(),
    username: workloadText.optional(),
    organization: workloadText.optional(),
    blueprint: workloadText.optional(),
  })
  .meta({ id: "InjectWorkload", description: "A workload that a workspace can be injected into." });

export type WorkspaceDetailsJson = z.output<typeof workspaceDetails>;
export type ProvisionJobJson = z.output<typeof provisionJob>;
export type WorkspaceStreamEventJson = z.output<typeof workspaceStreamEvent>;
export type AppStatusJson = z.output<typeof appStatus>;
export type SystemInfoJson = z.output<typeof systemInfo>;
export type WorkspaceLogEntryJson = z.output<typeof workspaceLogEntry>;
export type WorkspaceTerminalSessionJson = z.output<typeof workspaceTerminalSession>;
export type InjectWorkloadJson = z.output<typeof injectWorkload>;
