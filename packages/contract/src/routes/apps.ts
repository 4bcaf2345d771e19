import { z } from "zod";
import { route } from "../route.ts";
import { appStatus, flag, message, name } from "../schemas/index.ts";
import { actions } from "./actions.ts";

const tag = "Apps";
const params = z.object({ name, app: name });
const errors = {
  404: "no such workspace or app",
  409: "the workspace is not running, or the app is in the wrong state",
  502: "the workspace cannot be reached",
};

export const appRoutes = {
  listApps: route({
    method: "GET",
    path: "/workspaces/:name/apps",
    operationId: "listApps",
    tag,
    summary: "List the apps of a workspace",
    // Without the app attribute: the question is about all of them.
    permission: { ...actions.appRead, attributes: {} },
    params: z.object({ name }),
    watch: { everySeconds: 3 },
    responses: { 200: z.array(appStatus) },
    errors,
  }),
  getAppLogs: route({
    method: "GET",
    path: "/workspaces/:name/apps/:app/logs",
    operationId: "getAppLogs",
    tag,
    summary: "Logs of an app",
    description: "Plain text, or one event per line when `Accept` is `text/event-stream`.",
    permission: actions.appRead,
    params,
    query: z.object({
      logType: z.enum(["app", "install"]).optional().describe("Default `app`."),
      follow: flag.optional().describe("Keep sending new lines while the app runs."),
    }),
    follow: "text",
    responses: { 200: "text" },
    alternative: "event-stream",
    errors,
  }),
  installApp: route({
    method: "POST",
    path: "/workspaces/:name/apps/:app/install",
    operationId: "installApp",
    tag,
    summary: "Install an app",
    description:
      "Answers when the installation has begun; the app's status and its install log tell the rest.",
    permission: actions.appInstall,
    params,
    query: z.object({ force: flag.optional().describe("Install again when it is installed.") }),
    responses: { 202: message },
    errors,
  }),
  startApp: route({
    method: "POST",
    path: "/workspaces/:name/apps/:app/start",
    operationId: "startApp",
    tag,
    summary: "Start an app",
    permission: actions.appStart,
    params,
    responses: { 204: "none" },
    errors,
  }),
  stopApp: route({
    method: "POST",
    path: "/workspaces/:name/apps/:app/stop",
    operationId: "stopApp",
    tag,
    summary: "Stop an app",
    permission: actions.appStop,
    params,
    responses: { 204: "none" },
    errors,
  }),
} as const;
