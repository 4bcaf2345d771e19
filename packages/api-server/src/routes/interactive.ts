import { type ActionPermission, actions, routes } from "@k8shell/contract";
import type { SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import type { KvBucket } from "@k8shell/kv";
import type { Client } from "@k8shell/rpc";
import type { Logger } from "pino";
import type { WorkspaceClient, WorkspaceConnector } from "../backends/backends.ts";
import { ApiError } from "../http/api-error.ts";
import type { BoundRoute, ResourceRef } from "../http/handler.ts";
import { bindWebSocket } from "../http/websocket.ts";
import { cloudshellProtocol } from "../terminal/cloudshell-codec.ts";
import { createLiveTerminals } from "../terminal/live-terminals.ts";
import { createSessionReports } from "../terminal/session-reports.ts";
import { createShellOpener } from "../terminal/shell-opener.ts";
import { serveTerminal } from "../terminal/terminal-connection.ts";
import { createTerminalRecords, terminalKey } from "../terminal/terminal-records.ts";

export interface InteractiveRoutesDeps {
  readonly workspaces: WorkspaceConnector;
  readonly session: Client<typeof SessionService>;
  /** Bucket `terminals`: which shell belongs to which tab. */
  readonly terminals: KvBucket;
  readonly log: Logger;
  /** Terminals of one workspace at the same time (default 100). */
  readonly terminalsPerWorkspace?: number;
  /** Milliseconds between refreshes of a session record (default 30 000). */
  readonly sessionRefreshMs?: number;
}

/**
 * The decision about a session (grpc-behaviour section 8). There is no token scope of its own for it: the scope of the
 * connection it belongs to covers it.
 */
const sessionStart = (type: "shell" | "sftp", connect: ActionPermission): ActionPermission => ({
  kind: "action",
  package: "session",
  action: "session:start",
  scope: connect.scope,
  target: "workspace",
  context: { session_type: type, session_source: "api-server" },
});

const maxClientText = 256;
const handshakeMs = 5_000;

/**
 * `GET /workspaces/:name/interactive`: CloudShell (rest-contract 3.4). The same web session or token, workspace and
 * `tab` gets the same shell again, also after a restart of the server.
 */
export const interactiveRoutes = (deps: InteractiveRoutesDeps) => {
  const { workspaces, log, terminalsPerWorkspace = 100 } = deps;
  const live = createLiveTerminals();
  const records = createTerminalRecords(deps.terminals);
  const openShell = createShellOpener({ records, takeOver: live.takeOver });
  const reports = createSessionReports({ session: deps.session, log, refreshMs: deps.sessionRefreshMs });
  const versions = new WeakMap<WorkspaceClient, Promise<string>>();

  const versionOf = (daemon: WorkspaceClient): Promise<string> => {
    const known = versions.get(daemon);
    if (known) return known;
    // Without a client version the daemon does not compare: its answer is only for the record.
    const asked = daemon.system
      .handshake({}, { timeoutMs: handshakeMs })
      .then(({ accepted, message, serverVersion }) => {
        // A refusal is an ordinary answer (grpc-behaviour section 4); what then does not work fails on its own.
        if (!accepted)
          log.warn({ serverVersion, reason: message }, "a workspace daemon is of another major version");
        return serverVersion;
      });
    versions.set(daemon, asked);
    asked.catch(() => versions.delete(daemon));
    return asked;
  };

  const route = bindWebSocket(routes.openTerminal, {
    subprotocols: [cloudshellProtocol],
    kind: "terminal",
    async open(context, accept, touch) {
      const { principal, query } = context;
      const { workspace } = context.target;
      if (!workspace) throw new Error("the target of the terminal route is a workspace");
      const daemon = workspaces.connect(workspace);
      const id = `${workspace.namespace}/${workspace.name}`;
      if (live.countOf(id) >= terminalsPerWorkspace) {
        throw new ApiError("too_many_requests", `The workspace has ${terminalsPerWorkspace} open terminals.`);
      }
      const resource: ResourceRef = {
        type: "workspace",
        id: workspace.name,
        attributes: {
          owner: workspace.username,
          ...(workspace.blueprint === "" ? {} : { blueprint: workspace.blueprint }),
        },
      };
      const { record } = await context.authorize(sessionStart("shell", actions.connectWebshell), resource);
      if (record?.split(",").some((type) => type.trim() === "shell")) {
        context.log.warn("the policy asks for a recording of this terminal, which is not available");
      }
      const socket = accept();
      await serveTerminal({
        socket,
        touch,
        daemon,
        workspace: id,
        key: terminalKey(principal, workspace, query.tab),
        size:
          query.cols === undefined || query.rows === undefined
            ? undefined
            : { cols: query.cols, rows: query.rows },
        subject: {
          username: principal.username,
          workspace: workspace.name,
          blueprint: workspace.blueprint,
          client: (context.request.headers["user-agent"] ?? "").slice(0, maxClientText),
          clientIp: context.clientIp,
          daemonVersion: versionOf(daemon),
        },
        async authorizeFiles() {
          await context.authorize(actions.connectWebfiles, resource);
          await context.authorize(sessionStart("sftp", actions.connectWebfiles), resource);
        },
        openShell,
        live,
        records,
        reports,
        log: context.log,
      });
    },
  });

  const bound: readonly BoundRoute[] = [route];
  return {
    routes: bound,
    /** Resolves when every terminal has let its shell go and its record is written. Close the sockets first. */
    idle: () => live.idle(),
  };
};
