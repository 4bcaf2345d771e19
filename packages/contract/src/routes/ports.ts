import { z } from "zod";
import { route } from "../route.ts";
import {
  createPortLinkRequest,
  name,
  portLink,
  portParams,
  setPortRequest,
  workspacePort,
} from "../schemas/index.ts";
import { actions } from "./actions.ts";

const tag = "Ports";
const errors = { 404: "no such workspace" };
const permission = actions.connectPort;

/** Sharing what listens on a port of a workspace, and signing in to it (rest-contract 1.4). */
export const portRoutes = {
  listPorts: route({
    method: "GET",
    path: "/workspaces/:name/ports",
    operationId: "listPorts",
    tag,
    summary: "List the shared ports of a workspace",
    permission: actions.connectAnyPort,
    params: z.object({ name }),
    watch: { everySeconds: 5 },
    responses: { 200: z.array(workspacePort) },
    errors,
  }),
  getPort: route({
    method: "GET",
    path: "/workspaces/:name/ports/:port",
    operationId: "getPort",
    tag,
    summary: "Get the address of a port and who may use it",
    description: "Any port can be asked about, whether something listens there or not.",
    permission,
    params: portParams,
    watch: { everySeconds: 5 },
    responses: { 200: workspacePort },
    errors,
  }),
  setPort: route({
    method: "PUT",
    path: "/workspaces/:name/ports/:port",
    operationId: "setPort",
    tag,
    summary: "Set who may use a port",
    permission,
    params: portParams,
    body: setPortRequest,
    responses: { 200: workspacePort },
    errors,
  }),
  unsharePort: route({
    method: "DELETE",
    path: "/workspaces/:name/ports/:port",
    operationId: "unsharePort",
    tag,
    summary: "Stop sharing a port and withdraw its links",
    permission,
    params: portParams,
    responses: { 204: "none" },
    errors,
  }),
  createPortLink: route({
    method: "POST",
    path: "/workspaces/:name/ports/:port/links",
    operationId: "createPortLink",
    tag,
    summary: "Make a link to a port that expires",
    permission,
    params: portParams,
    body: createPortLinkRequest,
    responses: { 201: portLink },
    errors,
  }),
  deletePortLink: route({
    method: "DELETE",
    path: "/workspaces/:name/ports/:port/links/:id",
    operationId: "deletePortLink",
    tag,
    summary: "Withdraw a link",
    permission,
    params: portParams.extend({ id: z.string().regex(/^[0-9a-f]{16}$/, "must be the id of a link") }),
    responses: { 204: "none" },
    errors: { 404: "no such workspace or link" },
  }),
  openForward: route({
    method: "GET",
    path: "/workspaces/:name/ports/:port/forward",
    operationId: "openForward",
    tag,
    summary: "Connect to a port over a WebSocket",
    description:
      "Subprotocol `k8shell-forward-v1` (docs/protocols/forward.md): one TCP connection for each WebSocket. Binary frames are its " +
      "bytes; an empty one says that a side sends no more. Close codes: 1000 the connection has ended; 1003 a text frame; " +
      "1007 bytes after the end; 1008 refused or revoked; 1011 nothing could be reached at the port; 1012 the server restarts.",
    permission,
    params: portParams,
    responses: { 101: "websocket" },
    errors: {
      ...errors,
      409: "the workspace is not running",
      426: "not a WebSocket request",
    },
  }),
  appSignIn: route({
    method: "GET",
    path: "/app-sign-in",
    operationId: "appSignIn",
    tag,
    summary: "Sign a browser in to an app host",
    description:
      "Browsers come here from an app's address and go back with a one-time code; see the guide on apps.",
    permission: {
      kind: "public",
      why: "browsers that are not signed in are sent to sign in; for others it asks whether they may use the port",
    },
    query: z.object({
      host: z.string().max(300),
      next: z.string().max(2048),
      binding: z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hexadecimal"),
    }),
    responses: { 303: "none" },
    errors: { 404: "no such app" },
  }),
} as const;
