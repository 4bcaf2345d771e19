import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { createMcpServer, type McpServerOptions } from "./server.ts";

/** Serves one client on standard input and output; resolves when it has gone. */
export const serveMcpStdio = async (options: McpServerOptions, signal: AbortSignal): Promise<void> => {
  const server = createMcpServer(options);
  const ended = new Promise<void>((resolve) => {
    server.server.onclose = resolve;
    process.stdin.once("end", resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await server.connect(new StdioServerTransport());
  await ended;
  await server.close();
};
