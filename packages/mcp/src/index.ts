export { createMcpServer, type McpServerOptions } from "./server.ts";
export { serveMcpStdio } from "./stdio.ts";
export { serveMcpRequest } from "./web-transport.ts";
