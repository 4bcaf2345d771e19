import { z } from "zod";
import { route } from "../route.ts";

/** A message of JSON-RPC, as the Model Context Protocol uses it. */
const message = z.looseObject({ jsonrpc: z.literal("2.0") });

export const mcpRoutes = {
  mcp: route({
    method: "POST",
    path: "/mcp",
    root: true,
    operationId: "mcp",
    tag: "Agents",
    summary: "Workspaces as tools of the Model Context Protocol",
    description:
      "The Streamable HTTP transport. Nothing is kept between requests; `Mcp-Session-Id` only tells a client's requests from those of " +
      "others, so that it can cancel them, on any replica. Every tool calls this API as the caller: the same policy decides, and a token " +
      "needs the scope of what the tool does.",
    permission: {
      kind: "authenticated",
      why: "the tools are told to everybody who is signed in; each asks for its own decision when it is used",
    },
    body: message,
    responses: { 200: "event-stream", 202: "none" },
  }),
} as const;
