import { routes } from "@k8shell/contract";
import { LogType } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import type { Backends, WorkspaceClient } from "../backends/backends.ts";
import { ApiError } from "../http/api-error.ts";
import {
  type BoundRoute,
  bind,
  type HandlerResult,
  handled,
  json,
  noContent,
  type RequestContext,
  type ResolvedTarget,
  type TextStream,
} from "../http/handler.ts";
import { heartbeatFrame } from "../jobs/job-events.ts";
import { appJson } from "./mapping/daemon.ts";
import { beginTextStream, eventStreamType, heartbeatMs, wantsEventStream } from "./text-stream.ts";
import { askWorkspace, workspaceError } from "./workspace-call.ts";
import { targetWorkspace } from "./workspaces.ts";

export interface AppRoutesDeps {
  readonly backends: Pick<Backends, "workspaces">;
}

const callMs = 10_000;
/** A whole log comes in one message. */
const logMs = 30_000;

const plainText = "text/plain; charset=utf-8";

/** Daemons without an app manager answer NotFound, older ones Unimplemented. */
const hasNoApps = (error: unknown): boolean =>
  error instanceof RpcError && (error.code === Code.NotFound || error.code === Code.Unimplemented);

const isMissing = (error: unknown): boolean => error instanceof RpcError && error.code === Code.NotFound;

/** Text as server-sent events, one per line. A carriage return would be taken for the end of a line. */
export const logEvents = (lines: Iterable<string>): string => {
  let text = "";
  for (const line of lines) text += `data: ${line.replaceAll("\r", "")}\n\n`;
  return text;
};

/** Sends a text of any size in pieces, at the client's pace. */
const sendText = async (stream: TextStream, text: string): Promise<void> => {
  const piece = 65_536;
  for (let at = 0; at < text.length; at += piece) {
    if (!(await stream.write(text.slice(at, at + piece)))) return;
  }
};

/** Apps of a workspace and their logs (rest-contract 1.1, rows 23-27, and 3.2). */
export const appRoutes = ({ backends }: AppRoutesDeps): BoundRoute[] => {
  const daemon = (target: ResolvedTarget): WorkspaceClient =>
    backends.workspaces.connect(targetWorkspace(target));

  /** All apps, by name. A workspace whose app manager is off has none. */
  const listApps = async ({ apps }: WorkspaceClient, signal: AbortSignal) => {
    try {
      const { apps: found } = await askWorkspace(() => apps.listApps({}, { timeoutMs: callMs, signal }));
      return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
      if (hasNoApps(error)) return [];
      throw error;
    }
  };

  /** A command to one app. Where there is no app manager there is no such app. */
  const command = async <T>(name: string, call: () => Promise<T>): Promise<T> => {
    try {
      return await askWorkspace(call);
    } catch (error) {
      if (hasNoApps(error)) throw new ApiError("not_found", `There is no app ${name}.`, { cause: error });
      throw error;
    }
  };

  /** New lines as they come; the daemon ends the stream when the app is not active. */
  const followLog = async (
    context: RequestContext,
    { apps }: WorkspaceClient,
    request: { name: string; type: LogType },
  ): Promise<HandlerResult> => {
    const asEvents = wantsEventStream(context);
    const stream = asEvents
      ? beginTextStream(context, "logs", eventStreamType, { text: heartbeatFrame, everyMs: heartbeatMs })
      : beginTextStream(context, "logs", plainText);
    try {
      for await (const { line } of apps.getLogsStream(request, { signal: context.signal })) {
        if (!(await stream.write(asEvents ? logEvents([line]) : `${line}\n`))) return handled;
      }
    } catch (error) {
      // An app that has never run has no log yet; that is an empty one.
      if (!isMissing(error) && !context.signal.aborted) throw workspaceError(error);
    }
    await stream.end();
    return handled;
  };

  return [
    bind(routes.listApps, async ({ target, signal }) => {
      const apps = await listApps(daemon(target), signal);
      return json(200, apps.map(appJson));
    }),

    bind(routes.getAppLogs, async (context) => {
      const { app: name } = context.params;
      const { logType, follow } = context.query;
      const client = daemon(context.target);
      // Streams answer before the daemon does, so a wrong name is found out first.
      const known = await listApps(client, context.signal);
      if (!known.some((app) => app.name === name))
        throw new ApiError("not_found", `There is no app ${name}.`);
      const request = { name, type: logType === "install" ? LogType.INSTALL : LogType.APP };
      if (follow) return followLog(context, client, request);

      const { log } = await askWorkspace(() =>
        client.apps.getLogs(request, { timeoutMs: logMs, signal: context.signal }),
      );
      const asEvents = wantsEventStream(context);
      const stream = beginTextStream(context, "logs", asEvents ? eventStreamType : plainText);
      await sendText(stream, asEvents && log !== "" ? logEvents(log.replace(/\n$/, "").split("\n")) : log);
      await stream.end();
      return handled;
    }),

    bind(routes.installApp, async ({ target, params, query, signal }) => {
      const { apps } = daemon(target);
      const request = { name: params.app, force: query.force ?? false };
      await command(params.app, () => apps.installApp(request, { timeoutMs: callMs, signal }));
      // Not without a body: only after 204 do clients leave decoding out (rest-contract, general wire rules).
      return json(202, { message: `${params.app} is being installed` });
    }),

    bind(routes.startApp, async ({ target, params, signal }) => {
      const { apps } = daemon(target);
      await command(params.app, () => apps.startApp({ name: params.app }, { timeoutMs: callMs, signal }));
      return noContent();
    }),

    bind(routes.stopApp, async ({ target, params, signal }) => {
      const { apps } = daemon(target);
      await command(params.app, () => apps.stopApp({ name: params.app }, { timeoutMs: callMs, signal }));
      return noContent();
    }),
  ];
};
