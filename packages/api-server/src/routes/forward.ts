import { routes } from "@k8shell/contract";
import type { WorkspaceConnector } from "../backends/backends.ts";
import { forwardProtocol, serveForward } from "../forward/forward-connection.ts";
import type { BoundRoute } from "../http/handler.ts";
import { bindWebSocket } from "../http/websocket.ts";
import { targetWorkspace } from "./workspaces.ts";

export interface ForwardRoutesDeps {
  readonly workspaces: WorkspaceConnector;
}

/** WebSocket `/workspaces/:name/ports/:port/forward`: one TCP connection to a port of a workspace. */
export const forwardRoutes = ({ workspaces }: ForwardRoutesDeps): BoundRoute[] => [
  bindWebSocket(routes.openForward, {
    subprotocols: [forwardProtocol],
    needsSubprotocol: true,
    kind: "app",
    async open({ target, params, log }, accept, touch) {
      const { forward } = workspaces.connect(targetWorkspace(target));
      await serveForward({ socket: accept(), forward, port: params.port, touch, log });
    },
  }),
];
