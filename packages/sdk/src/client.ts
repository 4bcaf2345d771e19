import { type Blueprints, createBlueprints } from "./blueprints.ts";
import { createEvents } from "./events/events.ts";
import type { Events } from "./events/types.ts";
import { type Command, type ExecOptions, startCommand } from "./exec/command.ts";
import { createFiles, type Files } from "./files/files.ts";
import { type ForwardedConnection, openForward } from "./forward/forward.ts";
import type {
  ExecRequest,
  ExecResult,
  WorkspaceCreateRequest,
  WorkspaceCreateResponse,
  WorkspaceStreamEvent,
} from "./gen/types.ts";
import { createItems, type Items } from "./items.ts";
import { createJobs, type JobResult, type Jobs } from "./jobs.ts";
import { createLogs, type Logs } from "./logs.ts";
import { type Api, type CallOptions, createApi } from "./operations.ts";
import { createTerminal } from "./terminal/terminal.ts";
import type { Terminal, TerminalOptions } from "./terminal/types.ts";
import { createTransport, type RequestOptions, type Transport, type TransportOptions } from "./transport.ts";

/** A workspace that is being made. */
export interface CreatedWorkspace extends WorkspaceCreateResponse {
  /** What happens, until it runs or has failed. */
  events(options?: RequestOptions): AsyncGenerator<WorkspaceStreamEvent, void, void>;
  /** Waits until it runs or has failed: look at `succeeded`. */
  ready(
    options?: RequestOptions & { readonly onEvent?: (event: WorkspaceStreamEvent) => void },
  ): Promise<JobResult>;
}

/** How long the server lets a command run when nothing else is said; and how much longer its answer may take. */
const standardRunSeconds = 60;
const graceSeconds = 30;

export interface Client {
  /** The server's address without a trailing slash. */
  readonly server: string;
  /** Every operation of the API reference that answers with JSON, by its operation id. */
  readonly api: Api;
  /** The items of a list, whatever its length: they are fetched in pages. */
  readonly items: Items;
  readonly jobs: Jobs;
  readonly logs: Logs;
  readonly blueprints: Blueprints;
  /** Answers and streams that are followed as they change, over one WebSocket; the same object each time. */
  events(): Events;
  /** Files of one workspace. */
  files(workspace: string): Files;
  /** A terminal of a workspace. It connects when it has a screen, and again when the connection is lost. */
  terminal(workspace: string, options?: TerminalOptions): Terminal;
  /**
   * Runs a command in a workspace: input, output, signals and exit code as they come.
   * @param command a line for the workspace's shell; or a program and its arguments, which no shell interprets
   */
  exec(workspace: string, command: string | readonly string[], options?: ExecOptions): Promise<Command>;
  /**
   * Runs a command and resolves when it has ended, with the beginning of what it printed.
   * @param request `timeoutSeconds` (default 60) ends it, with `timedOut` in the result
   */
  run(
    workspace: string,
    command: ExecRequest["command"],
    request?: Omit<ExecRequest, "command"> & RequestOptions,
  ): Promise<ExecResult>;
  /** Connects to a port of a workspace, one TCP connection. */
  forward(workspace: string, port: number, options?: RequestOptions): Promise<ForwardedConnection>;
  /**
   * Makes a workspace from a blueprint or a repository, or starts a stopped one.
   * @throws K8shellError `already_exists` when it runs already
   */
  createWorkspace(request: WorkspaceCreateRequest, options?: CallOptions): Promise<CreatedWorkspace>;
  /** For requests that nothing here is made for. */
  readonly transport: Transport;
}

/**
 * A client of one k8shell server.
 *
 *     const k8shell = createClient({ server: "http://127.0.0.1:9101", token });
 *     const workspaces = await k8shell.api.listWorkspaces();
 */
export const createClient = (options: TransportOptions): Client => {
  const transport = createTransport(options);
  const api = createApi(transport);
  const jobs = createJobs(transport, api);
  const events = createEvents(transport);
  return {
    server: transport.server,
    api,
    items: createItems(transport),
    jobs,
    logs: createLogs(transport),
    blueprints: createBlueprints(transport),
    events: () => events,
    files: (workspace) => createFiles(transport, workspace),
    terminal: (workspace, terminalOptions) => createTerminal(transport, workspace, terminalOptions),
    exec: (workspace, command, execOptions) => startCommand(transport, workspace, command, execOptions),
    run(workspace, command, { signal, timeoutMs, ...request } = {}) {
      // The server ends the command in time; this is for a server that does not answer.
      const longest = ((request.timeoutSeconds ?? standardRunSeconds) + graceSeconds) * 1000;
      return api.execInWorkspace(
        { name: workspace, body: { ...request, command } },
        { signal, timeoutMs: timeoutMs ?? longest },
      );
    },
    forward: (workspace, port, forwardOptions) => openForward(transport, workspace, port, forwardOptions),
    async createWorkspace(request, callOptions = {}) {
      const created = await api.createWorkspace(
        { body: request },
        { idempotencyKey: crypto.randomUUID(), ...callOptions },
      );
      return {
        ...created,
        events: (eventOptions) => jobs.events(created.jobId, eventOptions),
        ready: (waitOptions) => jobs.wait(created.jobId, waitOptions),
      };
    },
    transport,
  };
};
