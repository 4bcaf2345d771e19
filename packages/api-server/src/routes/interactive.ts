import { randomUUID } from "node:crypto";
import { type ActionPermission, actions, routes } from "@k8shell/contract";
import type { SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import type { KvBucket } from "@k8shell/kv";
import type { Client } from "@k8shell/rpc";
import type { Logger } from "pino";
import type { WorkspaceClient, WorkspaceConnector } from "../backends/backends.ts";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, bind, json } from "../http/handler.ts";
import { workspaceResource } from "../http/target.ts";
import { bindWebSocket } from "../http/websocket.ts";
import { shellRecording } from "../recording/obligation.ts";
import type { StartRecording } from "../recording/recorder.ts";
import { cloudshellProtocol, dialectV1 } from "../terminal/dialect-v1.ts";
import { cloudshellV2Protocol, dialectV2 } from "../terminal/dialect-v2.ts";
import { createTerminalList } from "../terminal/list-terminals.ts";
import { createLiveTerminals } from "../terminal/live-terminals.ts";
import type { Role } from "../terminal/roles.ts";
import { createSessionReports } from "../terminal/session-reports.ts";
import { serveTerminal } from "../terminal/terminal-connection.ts";
import { createTerminalHub } from "../terminal/terminal-hub.ts";
import { createTerminalRecords, terminalKey } from "../terminal/terminal-records.ts";
import { terminalJson } from "./mapping/terminal.ts";
import { sessionResource, sessionStart } from "./session-start.ts";
import { askWorkspace } from "./workspace-call.ts";
import { targetWorkspace } from "./workspaces.ts";

export interface InteractiveRoutesDeps {
  readonly workspaces: WorkspaceConnector;
  readonly session: Client<typeof SessionService>;
  /** Bucket `terminals`: which shell belongs to which tab. */
  readonly terminals: KvBucket;
  /** Bucket `terminal-owners`: which server has which terminal. Its entries expire. */
  readonly owners: KvBucket;
  /** Records terminals, where the policy asks for it. Absent: nothing is recorded. */
  readonly startRecording?: StartRecording;
  readonly log: Logger;
  /** Terminals of one workspace at the same time (default 100). */
  readonly terminalsPerWorkspace?: number;
  /** Milliseconds between refreshes of a session record (default 30 000). */
  readonly sessionRefreshMs?: number;
  /** How long a shell whose last connection broke stays attached, milliseconds (default 10 000). */
  readonly lingerMs?: number;
}

/** The decision about joining a terminal that somebody else opened: policies may tell looking from typing. */
const connectAs = (role: Role): ActionPermission => ({
  ...actions.connectWebshell,
  context: { ...actions.connectWebshell.context, terminal_role: role },
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
  const hub = createTerminalHub({
    records,
    terminals: deps.terminals,
    owners: deps.owners,
    replica: randomUUID(),
    log,
    lingerMs: deps.lingerMs,
  });
  const listTerminals = createTerminalList({ hub, live });
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
    subprotocols: [cloudshellV2Protocol, cloudshellProtocol],
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
      const resource = sessionResource(workspace);
      const { record } = await context.authorize(sessionStart("shell", actions.connectWebshell), resource);
      const { output: recorded, input } = shellRecording(record);
      const { startRecording } = deps;
      const socket = accept();
      await serveTerminal({
        socket,
        dialect: socket.protocol === cloudshellV2Protocol ? dialectV2 : dialectV1,
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
        workspaceOwner: workspace.username,
        async authorizeRole(role) {
          await context.authorize(connectAs(role), workspaceResource(workspace));
        },
        async authorizeFiles() {
          await context.authorize(actions.connectWebfiles, workspaceResource(workspace));
          await context.authorize(sessionStart("sftp", actions.connectWebfiles), resource);
        },
        async authorizeFile(action, path) {
          // The scope of the connection covers what is done through it.
          const asked = { ...action, scope: actions.connectWebfiles.scope };
          await context.authorize(asked, workspaceResource(workspace), { path });
        },
        record:
          recorded && startRecording
            ? (sessionId, size) =>
                startRecording({ sessionId, jwt: principal.jwt, ...size, input, log: context.log })
            : undefined,
        hub,
        listTerminals: () => listTerminals(workspace, daemon),
        live,
        records,
        reports,
        log: context.log,
      });
    },
  });

  const list = bind(routes.listTerminals, async ({ target, query }) => {
    const workspace = targetWorkspace(target);
    const found = await askWorkspace(() => listTerminals(workspace, workspaces.connect(workspace)));
    return json(
      200,
      found
        .filter(({ state }) => query.state === "all" || state === (query.state ?? "detached"))
        .map(terminalJson),
    );
  });

  const bound: readonly BoundRoute[] = [route, list];
  return {
    routes: bound,
    /**
     * Lets every shell go. Resolves when that is done and every record is written, so that other servers can have the
     * terminals. Close the sockets first.
     */
    async idle() {
      await live.idle();
      await hub.close();
    },
  };
};
