import type { Client } from "@k8shell/sdk";
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { answer, dataResult, fittingText } from "../result.ts";
import { path, timeoutSeconds, workspaceName } from "./fields.ts";

/** Bytes of each of a command's streams that are kept. */
const maxOutputBytes = 24 * 1024;

export const addExecTools = (server: McpServer, client: Client): void => {
  server.registerTool(
    "exec",
    {
      title: "Run a command",
      description:
        "Runs a command in a workspace and answers what it printed and its exit code. It is a line for the shell, or a list: a " +
        "program and its arguments, which no shell interprets. Output over 24 KiB per stream is cut.",
      inputSchema: {
        workspace: workspaceName,
        command: z.union([z.string().min(1), z.array(z.string()).min(1)]),
        cwd: path.optional().describe("Directory to run in (default: the home directory)."),
        env: z.record(z.string(), z.string()).optional(),
        stdin: z.string().optional(),
        timeoutSeconds: timeoutSeconds(60, 3600),
      },
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
    },
    ({ workspace, ...body }, { signal }) =>
      answer(async () => {
        const result = await client.api.execInWorkspace(
          { name: workspace, body: { ...body, maxOutputBytes } },
          // The server ends the command in time; this is for a server that does not answer.
          { signal, timeoutMs: (body.timeoutSeconds + 30) * 1000 },
        );
        const [stdout, stderr] = [fittingText(result.stdout, 2), fittingText(result.stderr, 2)];
        const cut = {
          stdoutTruncated: result.stdoutTruncated || stdout !== result.stdout,
          stderrTruncated: result.stderrTruncated || stderr !== result.stderr,
        };
        return {
          ...dataResult({ ...result, stdout, stderr, ...cut }),
          ...(result.exitCode === 0 ? {} : { isError: true }),
        };
      }),
  );
};
