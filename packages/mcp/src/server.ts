import type { Client } from "@k8shell/sdk";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { addAppTools } from "./tools/apps.ts";
import { addExecTools } from "./tools/exec.ts";
import { addFileTools } from "./tools/files.ts";
import { addPortTools } from "./tools/ports.ts";
import { addWorkspaceTools } from "./tools/workspaces.ts";

export interface McpServerOptions {
  /** The API, as the one who uses the tools: every tool is under the policy and the scopes of its credential. */
  readonly client: Client;
  /** Version of this product. */
  readonly version: string;
}

const instructions = `Workspaces are isolated Linux machines. Make one with create_workspace (list_blueprints tells from what), then
run commands with exec and work with files. A workspace keeps its files until it is deleted. Long output is cut: ask for less, or read
files in parts. Name a workspace by the name that list_workspaces shows.`;

/** A server with all tools. One serves one client connection. */
export const createMcpServer = ({ client, version }: McpServerOptions): McpServer => {
  const server = new McpServer({ name: "k8shell", title: "k8shell", version }, { instructions });
  addWorkspaceTools(server, client);
  addExecTools(server, client);
  addFileTools(server, client);
  addAppTools(server, client);
  addPortTools(server, client);
  return server;
};
