import { z } from "zod";
import { route } from "../route.ts";
import {
  flag,
  message,
  name,
  saidFlag,
  systemInfo,
  username,
  workspaceCreateRequest,
  workspaceCreateResponse,
  workspaceDetails,
} from "../schemas/index.ts";
import { actions } from "./actions.ts";

const tag = "Workspaces";
const params = z.object({ name });
const missing = { 404: "no such workspace" };

/** The size of a terminal. */
const cells = z.coerce.number().int().min(1).max(1000).optional();

export const workspaceRoutes = {
  listWorkspaces: route({
    method: "GET",
    path: "/workspaces",
    operationId: "listWorkspaces",
    tag,
    summary: "List workspaces",
    description:
      "Those of the caller; with `username` those of that user; with `all` all that the caller may see.",
    permission: actions.workspaceList,
    query: z.object({ username: username.optional(), all: flag.optional() }),
    watch: { everySeconds: 3, on: ["jobs"] },
    workspaceField: "name",
    responses: { 200: z.array(workspaceDetails) },
  }),
  createWorkspace: route({
    method: "POST",
    path: "/workspaces",
    operationId: "createWorkspace",
    tag,
    summary: "Create a workspace, or start a stopped one",
    description:
      "Answers once provisioning has begun; follow `monitorUrl` for its events. A request with the header `Idempotency-Key` " +
      "that is repeated within 24 hours gets the first one's answer and begins nothing.",
    permission: {
      kind: "dynamic",
      why: "the mode depends on the body, and the owner on the user string made of it",
      actions: [actions.workspaceCreateStandalone, actions.workspaceCreateInject],
    },
    body: workspaceCreateRequest,
    responses: { 202: workspaceCreateResponse },
    errors: {
      404: "no such user, blueprint or workload",
      409: "the workspace runs already, or the first request with the key is under way",
      422: "the Idempotency-Key was used for another request",
      502: "provisioning could not begin",
      504: "a workspace of that name is still being removed",
    },
  }),
  getWorkspace: route({
    method: "GET",
    path: "/workspaces/:name",
    operationId: "getWorkspace",
    tag,
    summary: "A workspace",
    permission: actions.workspaceRead,
    params,
    watch: { everySeconds: 3, on: ["jobs"] },
    responses: { 200: workspaceDetails },
    errors: missing,
  }),
  deleteWorkspace: route({
    method: "DELETE",
    path: "/workspaces/:name",
    operationId: "deleteWorkspace",
    tag,
    summary: "Stop a workspace, or delete it",
    description: "Without `delete=true` it is stopped and can be started again with its files.",
    permission: actions.workspaceDelete,
    params,
    query: z.object({ delete: saidFlag.optional() }),
    responses: { 202: message },
    errors: { ...missing, 409: "an injected workspace cannot be stopped, only deleted" },
  }),
  getWorkspaceSystemInfo: route({
    method: "GET",
    path: "/workspaces/:name/sysinfo",
    operationId: "getWorkspaceSystemInfo",
    tag,
    summary: "Resource use of a workspace",
    permission: actions.workspaceRead,
    params,
    watch: { everySeconds: 5 },
    responses: { 200: systemInfo },
    errors: { ...missing, 409: "the workspace is not running", 502: "the workspace cannot be reached" },
  }),
  openTerminal: route({
    method: "GET",
    path: "/workspaces/:name/interactive",
    operationId: "openTerminal",
    tag: "Terminal",
    summary: "Terminal and file explorer over a WebSocket",
    description:
      "Subprotocol `cloudshell-v2` (docs/protocols/cloudshell-v2.md) or `cloudshell-v1`. In v1: binary frames, each one `CloudshellMessage`. Closing the socket detaches the " +
      "shell; the same `tab` attaches to it again. Close codes: 1000 the shell has ended, or was detached with Ctrl+A d; " +
      "1002 and 1003 a frame that is not a message; 1008 refused or revoked; 1011 the terminal could not be opened; 1012 the " +
      "server restarts, 1013 the workspace cannot be reached (try again); 4001 taken over by another window, 4002 in use " +
      "elsewhere, 4003 live on another server, 4004 no such terminal.",
    permission: actions.connectWebshell,
    params,
    query: z.object({
      tab: z
        .string()
        .regex(/^[\w.:-]{1,64}$/)
        .optional()
        .describe("Names the terminal, e.g. a random id per browser tab."),
      cols: cells,
      rows: cells,
    }),
    responses: { 101: "websocket" },
    errors: { ...missing, 409: "the workspace is not running", 426: "not a WebSocket request" },
  }),
} as const;
