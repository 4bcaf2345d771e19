import type { Client, WorkspaceDetails } from "@k8shell/sdk";
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import type { CallToolResult, ServerNotification, ServerRequest } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { answer, dataResult, fitting, refusal } from "../result.ts";
import { timeoutSeconds, workspaceName } from "./fields.ts";

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

const summary = ({
  name,
  username,
  status,
  message,
  origin,
  blueprint,
  created,
  cpu,
  memory,
}: WorkspaceDetails) => ({
  name,
  username,
  status,
  message,
  origin: origin || blueprint,
  created,
  cpu,
  memory,
});

/** Waits for a job, telling the client how far it is when it asked to know. */
const follow = async (
  client: Client,
  { workspace, jobId }: { readonly workspace: string; readonly jobId: string },
  seconds: number,
  extra: Extra,
): Promise<CallToolResult> => {
  const progressToken = extra._meta?.progressToken;
  const limit = AbortSignal.timeout(seconds * 1000);
  try {
    const { status, message, succeeded } = await client.jobs.wait(jobId, {
      signal: AbortSignal.any([extra.signal, limit]),
      onEvent({ type, status, message }) {
        if (progressToken === undefined || type !== "progress") return;
        void extra
          .sendNotification({
            method: "notifications/progress",
            params: { progressToken, progress: Number(status) || 0, total: 100, message },
          })
          .catch(() => {});
      },
    });
    return { ...dataResult({ workspace, status, message }), ...(succeeded ? {} : { isError: true }) };
  } catch (error) {
    if (error !== limit.reason) throw error;
    const message = `It does not run yet after ${seconds} seconds, and goes on starting: wait with wait_for_workspace.`;
    return { ...dataResult({ workspace, status: "Starting", message }), isError: true };
  }
};

/** Milliseconds between two looks at a workspace. */
const pollMs = 500;

export const addWorkspaceTools = (server: McpServer, client: Client): void => {
  const { api } = client;

  server.registerTool(
    "list_workspaces",
    {
      title: "List workspaces",
      description: "Lists workspaces and their status.",
      inputSchema: {
        all: z.boolean().optional().describe("Those of everybody you may see, not only your own."),
      },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ all }, { signal }) =>
      answer(async () => {
        const workspaces = await api.listWorkspaces({ all }, { signal });
        const shown = fitting(workspaces.map(summary));
        return dataResult({ workspaces: shown, leftOut: workspaces.length - shown.length });
      }),
  );

  server.registerTool(
    "list_blueprints",
    {
      title: "List blueprints",
      description: "Lists the blueprints you may make workspaces from.",
      inputSchema: {},
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    (_input, { signal }) =>
      answer(async () => dataResult({ blueprints: await api.listMyBlueprints({}, { signal }) })),
  );

  server.registerTool(
    "create_workspace",
    {
      title: "Create a workspace",
      description:
        "Makes a workspace from a blueprint or a Git repository, or starts a stopped one, and waits until it runs. The same " +
        "blueprint or repository always gives the same workspace.",
      inputSchema: {
        blueprint: z.string().optional().describe("Name of a blueprint. Either this or `repository`."),
        repository: z.string().optional().describe("`owner/name` of a Git repository."),
        ref: z.string().optional().describe("Branch or tag of the repository."),
        timeoutSeconds: timeoutSeconds(120, 900),
      },
      annotations: {
        readOnlyHint: false,
        destructiveHint: false,
        idempotentHint: false,
        openWorldHint: false,
      },
    },
    ({ blueprint, repository, ref, timeoutSeconds: seconds }, extra) =>
      answer(async () => {
        if ((blueprint === undefined) === (repository === undefined)) {
          return refusal("Name either a blueprint (list_blueprints shows them) or a repository.");
        }
        const { username } = await api.getMyProfile({}, { signal: extra.signal });
        const slash = repository?.indexOf("/") ?? -1;
        const source =
          repository === undefined
            ? { blueprint }
            : slash < 0
              ? { repoName: repository, repoRef: ref }
              : {
                  repoOwner: repository.slice(0, slash),
                  repoName: repository.slice(slash + 1),
                  repoRef: ref,
                };
        const created = await client.createWorkspace({ username, ...source }, { signal: extra.signal });
        return follow(client, created, seconds, extra);
      }),
  );

  server.registerTool(
    "start_workspace",
    {
      title: "Start a workspace",
      description: "Starts a stopped workspace and waits until it runs.",
      inputSchema: { workspace: workspaceName, timeoutSeconds: timeoutSeconds(120, 900) },
      annotations: {
        readOnlyHint: false,
        destructiveHint: false,
        idempotentHint: false,
        openWorldHint: false,
      },
    },
    ({ workspace, timeoutSeconds: seconds }, extra) =>
      answer(async () => {
        const { jobId } = await api.startWorkspace({ name: workspace }, { signal: extra.signal });
        return follow(client, { workspace, jobId }, seconds, extra);
      }),
  );

  server.registerTool(
    "wait_for_workspace",
    {
      title: "Wait for a workspace",
      description: "Waits until a workspace runs, or can run no more.",
      inputSchema: { workspace: workspaceName, timeoutSeconds: timeoutSeconds(60, 900) },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ workspace, timeoutSeconds: seconds }, { signal }) =>
      answer(async () => {
        const deadline = Date.now() + seconds * 1000;
        for (;;) {
          const details = await api.getWorkspace({ name: workspace }, { signal });
          const settled = ["Running", "Stopped", "Error"].includes(details.status);
          if (settled || Date.now() >= deadline) {
            return {
              ...dataResult(summary(details)),
              ...(details.status === "Running" ? {} : { isError: true }),
            };
          }
          await new Promise((resolve) => setTimeout(resolve, pollMs));
        }
      }),
  );

  server.registerTool(
    "stop_workspace",
    {
      title: "Stop a workspace",
      description:
        "Stops a workspace. Programs running in it end; its files stay, and it can be started again.",
      inputSchema: { workspace: workspaceName },
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    },
    ({ workspace }, { signal }) =>
      answer(async () => dataResult({ ...(await api.deleteWorkspace({ name: workspace }, { signal })) })),
  );

  server.registerTool(
    "delete_workspace",
    {
      title: "Delete a workspace",
      description: "Deletes a workspace with everything stored in it. This cannot be undone.",
      inputSchema: { workspace: workspaceName },
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    },
    ({ workspace }, { signal }) =>
      answer(async () =>
        dataResult({ ...(await api.deleteWorkspace({ name: workspace, delete: true }, { signal })) }),
      ),
  );
};
