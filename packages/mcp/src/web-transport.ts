import { createClient } from "@k8shell/sdk";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { createMcpServer } from "./server.ts";

export interface McpRequestOptions {
  /** Address of the API that the tools call. */
  readonly server: string;
  /** Headers that say who is calling; each call of the API carries them, and is decided by them alone. */
  readonly credentials: Readonly<Record<string, string>>;
  /** Version of this product. */
  readonly version: string;
  /** The request's parsed JSON. */
  readonly body: unknown;
}

/**
 * Answers one POST of the Streamable HTTP transport. Nothing is kept between requests, so any replica can answer any of
 * them. Cancelling the response's body ends the tool.
 */
export const serveMcpRequest = async (
  request: Request,
  { server: address, credentials, version, body }: McpRequestOptions,
): Promise<Response> => {
  const client = createClient({
    server: address,
    headers: { "user-agent": "k8shell-mcp", ...credentials },
  });
  const server = createMcpServer({ client, version });
  const transport = new WebStandardStreamableHTTPServerTransport();
  request.signal.addEventListener("abort", () => void server.close(), { once: true });
  await server.connect(transport);
  return transport.handleRequest(request, { parsedBody: body });
};
