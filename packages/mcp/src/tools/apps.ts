import type { Client } from "@k8shell/sdk";
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { answer, dataResult, textResult } from "../result.ts";
import { appName, workspaceName } from "./fields.ts";

const maxLines = 1000;

export const addAppTools = (server: McpServer, client: Client): void => {
  const { api } = client;

  server.registerTool(
    "list_apps",
    {
      title: "List apps",
      description: "Lists the apps of a workspace and their status.",
      inputSchema: { workspace: workspaceName },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ workspace }, { signal }) =>
      answer(async () => dataResult({ apps: await api.listApps({ name: workspace }, { signal }) })),
  );

  server.registerTool(
    "control_app",
    {
      title: "Install, start or stop an app",
      description:
        "Installs, starts or stops an app. Installing goes on in the background: look at list_apps and app_logs.",
      inputSchema: { workspace: workspaceName, app: appName, action: z.enum(["install", "start", "stop"]) },
      annotations: {
        readOnlyHint: false,
        destructiveHint: false,
        idempotentHint: false,
        openWorldHint: true,
      },
    },
    ({ workspace, app, action }, { signal }) =>
      answer(async () => {
        const input = { name: workspace, app };
        if (action === "install") await api.installApp(input, { signal });
        else if (action === "start") await api.startApp(input, { signal });
        else await api.stopApp(input, { signal });
        const apps = await api.listApps({ name: workspace }, { signal });
        return dataResult({ app: apps.find(({ name }) => name === app) ?? null });
      }),
  );

  server.registerTool(
    "app_logs",
    {
      title: "Read the log of an app",
      description: `Reads the last lines of an app's log, or of its installation, at most ${maxLines}.`,
      inputSchema: {
        workspace: workspaceName,
        app: appName,
        type: z.enum(["app", "install"]).default("app"),
        lines: z.int().min(1).max(maxLines).default(200),
      },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ workspace, app, type, lines }, { signal }) =>
      answer(async () => {
        const last: string[] = [];
        for await (const line of client.logs.app(workspace, app, { type, signal })) {
          last.push(line);
          if (last.length > lines) last.shift();
        }
        return textResult(last.join("\n"));
      }),
  );
};
