import { K8shellError } from "./error.ts";
import type { WorkspaceLogEntry } from "./gen/types.ts";
import { linesOf } from "./lines.ts";
import type { QueryValues, RequestOptions, Transport } from "./transport.ts";

export interface AppLogOptions extends RequestOptions {
  /** The log of the app itself (default), or of its installation. */
  readonly type?: "app" | "install";
  /** Go on with what is written from now on, as long as the app is active (default false). */
  readonly follow?: boolean;
}

export interface WorkspaceLogOptions extends RequestOptions {
  readonly component?: string;
  readonly level?: "debug" | "info" | "warn" | "error" | "fatal";
  /** Go on with what is written from now on (default false). */
  readonly follow?: boolean;
  /** How many of the last entries to begin with. */
  readonly lastN?: number;
}

export interface Logs {
  /** Lines of an app's log. */
  app(workspace: string, app: string, options?: AppLogOptions): AsyncGenerator<string, void, void>;
  /** Entries of the log of a workspace's daemon. */
  workspace(name: string, options?: WorkspaceLogOptions): AsyncGenerator<WorkspaceLogEntry, void, void>;
}

/** Logs of workspaces and their apps, as async iterators; leaving the loop ends the request. */
export const createLogs = (transport: Transport): Logs => {
  async function* lines(
    path: string,
    query: QueryValues,
    accept: string,
    { signal, timeoutMs }: RequestOptions,
  ): AsyncGenerator<string, void, void> {
    const response = await transport.send({
      method: "GET",
      path,
      query,
      headers: { accept },
      signal,
      timeoutMs,
    });
    if (!response.body) return;
    try {
      yield* linesOf(response.body);
    } catch (cause) {
      signal?.throwIfAborted();
      throw new K8shellError("The connection was lost while the log was read.", {
        status: 0,
        code: "network_error",
        cause,
      });
    }
  }
  const below = (workspace: string, rest: string) =>
    `/api/v1/workspaces/${encodeURIComponent(workspace)}${rest}`;

  return {
    app: (workspace, app, { type, follow, ...options } = {}) =>
      lines(
        below(workspace, `/apps/${encodeURIComponent(app)}/logs`),
        { logType: type, follow },
        "text/plain",
        options,
      ),
    async *workspace(name, { component, level, follow, lastN, ...options } = {}) {
      const query = { component, level, follow, lastN };
      for await (const line of lines(below(name, "/logs"), query, "application/x-ndjson", options)) {
        if (line !== "") yield JSON.parse(line) as WorkspaceLogEntry;
      }
    },
  };
};
