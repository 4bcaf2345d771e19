import { routes } from "@k8shell/contract";
import { type BoundRoute, bind, type HandlerResult, handled, type RequestContext } from "../http/handler.ts";
import { pipeWebResponse } from "../http/web-request.ts";
import { callMessage, newSessionId, type RunningCalls } from "../mcp/running-calls.ts";

export interface McpRoutesDeps {
  readonly version: string;
  /** Address at which this server reaches itself. */
  readonly selfUrl: () => string;
  readonly calls: RunningCalls;
}

/** What tells the API who is calling, and from which page. */
const passedOn = ["authorization", "cookie", "origin", "sec-fetch-site", "traceparent"] as const;

const credentialsOf = ({ request }: RequestContext): Record<string, string> =>
  Object.fromEntries(
    passedOn.flatMap((name) => {
      const value = request.headers[name];
      return typeof value === "string" ? [[name, value]] : [];
    }),
  );

/** What the transport reads of the request. */
const transportHeaders = ({ request }: RequestContext): Headers => {
  const headers = new Headers({ "content-type": "application/json" });
  for (const name of ["accept", "mcp-protocol-version"]) {
    const value = request.headers[name];
    if (typeof value === "string") headers.set(name, value);
  }
  return headers;
};

/**
 * `POST /mcp`. The tools are clients of this server's own API, over its own socket: they pass the same guard as every
 * other client, with the caller's credentials.
 */
export const mcpRoutes = ({ version, selfUrl, calls }: McpRoutesDeps): BoundRoute[] => {
  const serve = async (context: RequestContext<typeof routes.mcp>, signal: AbortSignal): Promise<void> => {
    // Few servers are asked for it: it is loaded by the first request.
    const { serveMcpRequest } = await import("@k8shell/mcp");
    const headers = transportHeaders(context);
    const request = new Request(new URL("/mcp", selfUrl()), { method: "POST", headers, signal });
    const response = await serveMcpRequest(request, {
      server: selfUrl(),
      credentials: credentialsOf(context),
      version,
      body: context.body,
    });
    const connection = context.registerLive("events", () => context.reply.raw.destroy());
    try {
      await pipeWebResponse(context.reply.raw, response, context.requestId);
    } finally {
      connection.done();
    }
  };

  return [
    bind(routes.mcp, async (context): Promise<HandlerResult> => {
      const { principal, request, reply, body, signal } = context;
      const message = callMessage(principal.username, request.headers, body);
      if (message.kind === "begin") {
        const running = calls.begin(message.call);
        try {
          await serve(context, AbortSignal.any([signal, running.signal]));
        } finally {
          running.done();
        }
        return handled;
      }
      if (message.kind === "cancel") await calls.cancel(message.call);
      if (message.kind === "initialize") reply.raw.setHeader("mcp-session-id", newSessionId());
      await serve(context, signal);
      return handled;
    }),
  ];
};
