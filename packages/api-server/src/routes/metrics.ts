import { routes } from "@k8shell/contract";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, bind, type HandlerResult, handled } from "../http/handler.ts";
import type { MetricsAccess } from "../metrics/access.ts";

export interface MetricsRoutesDeps {
  /** Absent: there are none, or on a port of their own. */
  readonly metrics:
    | {
        readonly mayRead: MetricsAccess;
        readonly contentType: string;
        readonly render: () => Promise<string>;
      }
    | undefined;
}

/** `GET /metrics`. */
export const metricsRoutes = ({ metrics }: MetricsRoutesDeps): BoundRoute[] => [
  bind(routes.getMetrics, async ({ request, reply, requestId }): Promise<HandlerResult> => {
    if (!metrics) throw new ApiError("not_found", "There is nothing at this address.");
    if (!metrics.mayRead(request.raw)) {
      throw new ApiError("source_not_allowed", "The metrics are not open to this address.");
    }
    const text = await metrics.render();
    reply.raw.writeHead(200, {
      "content-type": metrics.contentType,
      "content-length": Buffer.byteLength(text),
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "x-request-id": requestId,
    });
    reply.raw.end(request.method === "HEAD" ? undefined : text);
    return handled;
  }),
];
