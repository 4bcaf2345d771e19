import { z } from "zod";
import { route } from "../route.ts";
import {
  flag,
  injectNamespaces,
  injectWorkload,
  logLevel,
  name,
  workspaceCreateResponse,
  workspaceLogPage,
  workspaceTerminalSession,
} from "../schemas/index.ts";
import { actions } from "./actions.ts";

const tag = "Workspaces";
const params = z.object({ name });
const missing = { 404: "no such workspace" };
const unreachable = {
  ...missing,
  409: "the workspace is not running",
  502: "the workspace cannot be reached",
};

const injectPermission = {
  kind: "dynamic",
  why: "about what the caller could inject a workspace into; the owner is the caller",
  actions: [actions.workspaceCreateInject],
} as const;

const logFilter = {
  component: z.string().max(128).optional().describe("Only what this part of the daemon wrote."),
  level: logLevel.optional().describe("This level and those more severe."),
};

/** Starting a workspace, its terminals and its daemon's log, and where workspaces can be injected. */
export const workspaceDetailRoutes = {
  startWorkspace: route({
    method: "POST",
    path: "/workspaces/:name/start",
    operationId: "startWorkspace",
    tag,
    summary: "Start a stopped workspace",
    description: "Answers once provisioning has begun; follow `monitorUrl` for its events.",
    permission: actions.workspaceStart,
    params,
    responses: { 202: workspaceCreateResponse },
    errors: {
      ...missing,
      409: "the workspace runs already, or is an injected one",
      502: "provisioning could not begin",
      504: "the workspace is still being stopped",
    },
  }),
  listTerminals: route({
    method: "GET",
    path: "/workspaces/:name/terminals",
    operationId: "listTerminals",
    tag: "Terminal",
    summary: "Terminals of a workspace",
    description:
      "By default those that run without anybody looking: none where the workspace does not let terminals detach. " +
      "Any of them can be joined over the terminal socket (`cloudshell-v2`).",
    permission: actions.connectWebshell,
    params,
    query: z.object({
      state: z
        .enum(["detached", "attached", "elsewhere", "all"])
        .optional()
        .describe("Default `detached`. `elsewhere`: live on another server."),
    }),
    watch: { everySeconds: 3, on: ["live"] },
    responses: { 200: z.array(workspaceTerminalSession) },
    errors: unreachable,
  }),
  getWorkspaceLogs: route({
    method: "GET",
    path: "/workspaces/:name/logs",
    operationId: "getWorkspaceLogs",
    tag,
    summary: "Log of a workspace's daemon, one JSON object per line",
    permission: actions.workspaceRead,
    params,
    query: z.object({
      ...logFilter,
      follow: flag.optional().describe("Keep sending new entries until the client leaves."),
      lastN: z.coerce.number().int().min(0).max(100_000).optional().describe("Begin with so many old ones."),
    }),
    follow: "ndjson",
    responses: { 200: "ndjson" },
    errors: unreachable,
  }),
  getWorkspaceLogPage: route({
    method: "GET",
    path: "/workspaces/:name/logs/page",
    operationId: "getWorkspaceLogPage",
    tag,
    summary: "A page of the log of a workspace's daemon, oldest entry first",
    permission: actions.workspaceRead,
    params,
    query: z.object({
      ...logFilter,
      before_id: z.coerce
        .number()
        .int()
        .min(0)
        .max(Number.MAX_SAFE_INTEGER)
        .optional()
        .describe("Entries before this one; default: the newest."),
      limit: z.coerce.number().int().min(0).max(1000).optional().describe("Default 100."),
    }),
    responses: { 200: workspaceLogPage },
    errors: unreachable,
  }),
  listInjectNamespaces: route({
    method: "GET",
    path: "/inject/namespaces",
    operationId: "listInjectNamespaces",
    tag,
    summary: "Namespaces that workspaces can be injected into",
    permission: injectPermission,
    responses: { 200: injectNamespaces },
  }),
  listInjectWorkloads: route({
    method: "GET",
    path: "/inject/workloads",
    operationId: "listInjectWorkloads",
    tag,
    summary: "Workloads that workspaces can be injected into",
    description: "Whose workspace is in a workload already is told to those who may list it.",
    permission: injectPermission,
    query: z.object({
      namespace: z.string().max(253).optional().describe("Default: all that are allowed."),
      kind: z
        .string()
        .max(128)
        .optional()
        .describe("`deployment`, `statefulset`, `daemonset`, or several with commas between."),
    }),
    responses: { 200: z.array(injectWorkload) },
    errors: { 409: "the platform has no cluster" },
  }),
} as const;
