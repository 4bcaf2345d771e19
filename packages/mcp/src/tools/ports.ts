import type { Client } from "@k8shell/sdk";
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { answer, dataResult } from "../result.ts";
import { workspaceName } from "./fields.ts";

export const addPortTools = (server: McpServer, client: Client): void => {
  server.registerTool(
    "open_port",
    {
      title: "Get the address of a port",
      description:
        "Answers the address under which a browser reaches what listens on a TCP port of a workspace, and who may use it.",
      inputSchema: { workspace: workspaceName, port: z.int().min(1).max(65_535) },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ workspace, port }, { signal }) =>
      answer(async () =>
        dataResult({ ...(await client.api.getPort({ name: workspace, port }, { signal })) }),
      ),
  );
};
