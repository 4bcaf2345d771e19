import { actions, afterOwnTime, type ExecRequestJson, type ExecResultJson, routes } from "@k8shell/contract";
import type { SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import type { Client } from "@k8shell/rpc";
import type { Logger } from "pino";
import type { WorkspaceClient, WorkspaceConnector } from "../backends/backends.ts";
import { commandText } from "../exec/command-text.ts";
import { serveExecSocket } from "../exec/exec-connection.ts";
import { createExecSession, type ExecSession } from "../exec/exec-session.ts";
import { createCollector, createOutputText } from "../exec/output-text.ts";
import { type RemoteCommand, startCommand } from "../exec/remote-command.ts";
import { type BoundRoute, bind, handled, json, type RequestContext } from "../http/handler.ts";
import { bindWebSocket } from "../http/websocket.ts";
import { execRecording } from "../recording/obligation.ts";
import type { StartRecording } from "../recording/recorder.ts";
import { createSessionReports } from "../terminal/session-reports.ts";
import { sessionResource, sessionStart } from "./session-start.ts";
import { beginTextStream, eventStreamType, heartbeatMs, wantsEventStream } from "./text-stream.ts";
import { askWorkspace } from "./workspace-call.ts";

export interface ExecRoutesDeps {
  readonly workspaces: WorkspaceConnector;
  readonly session: Client<typeof SessionService>;
  /** Absent: nothing is recorded. */
  readonly startRecording?: StartRecording;
  readonly log: Logger;
}

/** The subprotocol of the WebSocket (docs/protocols/exec.md). */
export const execProtocol = "k8shell-exec-v1";

const maxClientText = 256;
const handshakeMs = 5_000;
const standardTimeoutSeconds = 60;
const standardOutputBytes = 1 << 20;
/** A command has no screen; players want one. */
const recordingSize = { cols: 80, rows: 24 };

/** `POST` and WebSocket `/workspaces/:name/exec`: one command, under the decisions of a terminal. */
export const execRoutes = ({ workspaces, session, startRecording, log }: ExecRoutesDeps): BoundRoute[] => {
  const reports = createSessionReports({ session, log });

  /** Asks for the session, and finds the daemon. */
  const begin = async (
    context: RequestContext,
  ): Promise<{ readonly daemon: WorkspaceClient; readonly recorded: boolean }> => {
    const { workspace } = context.target;
    if (!workspace) throw new Error("the target of the exec routes is a workspace");
    const daemon = workspaces.connect(workspace);
    const { record } = await context.authorize(
      sessionStart("exec", actions.connectWebshell),
      sessionResource(workspace),
    );
    return { daemon, recorded: execRecording(record) };
  };

  /** @param line what the workspace's shell runs */
  const openSession = async (
    context: RequestContext,
    { daemon, recorded }: Awaited<ReturnType<typeof begin>>,
    line: string,
  ): Promise<ExecSession> => {
    const report = await reports.open(
      {
        username: context.principal.username,
        workspace: context.target.workspace?.name ?? "",
        blueprint: context.target.workspace?.blueprint ?? "",
        client: (context.request.headers["user-agent"] ?? "").slice(0, maxClientText),
        clientIp: context.clientIp,
        daemonVersion: daemon.system
          .handshake({}, { timeoutMs: handshakeMs })
          .then(({ serverVersion }) => serverVersion),
      },
      ["ex"],
      undefined,
    );
    const recorder = recorded
      ? startRecording?.({
          sessionId: report.id,
          jwt: context.principal.jwt,
          ...recordingSize,
          input: false,
          command: line,
          log: context.log,
        })
      : undefined;
    return createExecSession(report, recorder);
  };

  const start = (daemon: WorkspaceClient, body: ExecRequestJson, signal: AbortSignal): RemoteCommand => {
    const command = startCommand(
      daemon,
      commandText(body),
      Object.entries(body.env ?? {}).map(([name, value]) => `${name}=${value}`),
      signal,
    );
    const input = async () => {
      if (body.stdin) await command.write(Buffer.from(body.stdin, "utf8"));
      command.endInput();
    };
    void input();
    return command;
  };

  /** Runs a command to its end within its time. `take` may hold it back by taking long. */
  const run = async (
    command: RemoteCommand,
    timeoutSeconds: number,
    kept: ExecSession,
    take: (stream: "stdout" | "stderr", data: Uint8Array) => unknown,
  ): Promise<{ exitCode: number | null; timedOut: boolean }> => {
    let timedOut = false;
    const stopWaiting = afterOwnTime(timeoutSeconds * 1000, () => {
      timedOut = true;
      command.terminate();
    });
    try {
      for await (const event of command.events) {
        if (event.type === "exit") return { exitCode: event.exitCode, timedOut };
        kept.output(event.data);
        await take(event.type, event.data);
      }
      return { exitCode: null, timedOut };
    } catch (error) {
      if (timedOut) return { exitCode: null, timedOut };
      throw error;
    } finally {
      stopWaiting();
      await kept.end();
    }
  };

  const answerWhole = async (
    command: RemoteCommand,
    body: ExecRequestJson,
    open: ExecSession,
  ): Promise<ExecResultJson> => {
    const encoding = body.encoding ?? "utf8";
    const limit = body.maxOutputBytes ?? standardOutputBytes;
    const kept = { stdout: createCollector(encoding, limit), stderr: createCollector(encoding, limit) };
    const began = performance.now();
    const end = await run(command, body.timeoutSeconds ?? standardTimeoutSeconds, open, (stream, data) =>
      kept[stream].push(data),
    );
    const [stdout, stderr] = [kept.stdout.result(), kept.stderr.result()];
    return {
      exitCode: end.exitCode,
      stdout: stdout.text,
      stderr: stderr.text,
      stdoutTruncated: stdout.truncated,
      stderrTruncated: stderr.truncated,
      timedOut: end.timedOut,
      durationMs: Math.round(performance.now() - began),
    };
  };

  const answerStream = async (
    context: RequestContext,
    command: RemoteCommand,
    body: ExecRequestJson,
    open: ExecSession,
  ): Promise<void> => {
    const stream = beginTextStream(context, "events", eventStreamType, {
      text: ": ping\n\n",
      everyMs: heartbeatMs,
    });
    const send = (event: object) => stream.write(`data: ${JSON.stringify(event)}\n\n`);
    const encoding = body.encoding ?? "utf8";
    const text = { stdout: createOutputText(encoding), stderr: createOutputText(encoding) };
    try {
      const end = await run(
        command,
        body.timeoutSeconds ?? standardTimeoutSeconds,
        open,
        async (type, data) => {
          const piece = text[type].push(data);
          if (piece !== "") await send({ type, data: piece });
        },
      );
      for (const type of ["stdout", "stderr"] as const) {
        const rest = text[type].end();
        if (rest !== "") await send({ type, data: rest });
      }
      await send({ type: "exit", ...end });
    } catch (err) {
      context.log.info({ err }, "command failed");
      await send({ type: "error", msg: "the connection to the workspace was lost" });
    } finally {
      await stream.end();
    }
  };

  return [
    bind(routes.execInWorkspace, async (context) => {
      const { body, signal } = context;
      const begun = await begin(context);
      const command = start(begun.daemon, body, signal);
      const open = await openSession(context, begun, commandText(body));
      open.input(Buffer.byteLength(body.stdin ?? ""));
      if (wantsEventStream(context)) {
        await answerStream(context, command, body, open);
        return handled;
      }
      const connection = context.registerLive("events", () => command.terminate());
      try {
        return json(200, await askWorkspace(() => answerWhole(command, body, open)));
      } finally {
        connection.done();
      }
    }),
    bindWebSocket(routes.openExec, {
      subprotocols: [execProtocol],
      needsSubprotocol: true,
      kind: "terminal",
      async open(context, accept, touch) {
        const begun = await begin(context);
        await serveExecSocket({
          socket: accept(),
          daemon: begun.daemon,
          touch,
          openSession: (line) => openSession(context, begun, line),
          log: context.log,
        });
      },
    }),
  ];
};
