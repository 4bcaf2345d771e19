import { z } from "zod";
import { route } from "../route.ts";
import { execRequest, execResult, name } from "../schemas/index.ts";
import { actions } from "./actions.ts";

const params = z.object({ name });
const errors = {
  404: "no such workspace",
  409: "the workspace is not running",
  502: "the workspace cannot be reached",
};

export const execRoutes = {
  execInWorkspace: route({
    method: "POST",
    path: "/workspaces/:name/exec",
    operationId: "execInWorkspace",
    tag: "Terminal",
    summary: "Run a command",
    description:
      "Answers when the command has ended. With `Accept: text/event-stream` it answers at once with events of JSON: " +
      '`{"type": "stdout" | "stderr", "data"}` as the command prints, and `{"type": "exit", "exitCode", "timedOut"}` at its end. A ' +
      "client that goes away ends the command.",
    permission: actions.connectWebshell,
    params,
    body: execRequest,
    responses: { 200: execResult },
    alternative: "event-stream",
    errors,
  }),
  openExec: route({
    method: "GET",
    path: "/workspaces/:name/exec",
    operationId: "openExec",
    tag: "Terminal",
    summary: "Run a command with its input and output over a WebSocket",
    description:
      "Subprotocol `k8shell-exec-v1`: binary frames whose first byte is the channel: 0 standard input (an empty one ends it), 1 " +
      "standard output, 2 standard error, 3 JSON: first the client's `{command, env?, cwd?}`, at the end the server's " +
      "`{exitCode}`. Close codes: 1000 the command has ended; 1003 and 1007 a frame that is not one of these; 1011 it could not be " +
      "run; 1008 refused or revoked; 1012 the server restarts.",
    permission: actions.connectWebshell,
    params,
    responses: { 101: "websocket" },
    errors: { ...errors, 426: "not a WebSocket request" },
  }),
} as const;
