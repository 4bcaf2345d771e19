import { eventsProtocol, routes } from "@k8shell/contract";
import type { Principal } from "../auth/principal.ts";
import { serveEvents } from "../events/event-connection.ts";
import type { QueryTable } from "../events/query-table.ts";
import type { SharedQueries } from "../events/shared-queries.ts";
import type { BoundRoute } from "../http/handler.ts";
import { bindWebSocket } from "../http/websocket.ts";
import type { RateLimits } from "../limits/rate-limits.ts";
import type { CallerAgain } from "../live/recheck.ts";

export interface EventRoutesDeps {
  readonly table: QueryTable;
  readonly shared: SharedQueries;
  readonly callerAgain: CallerAgain;
  readonly rateLimits: RateLimits | undefined;
  /** Milliseconds that a client may read nothing of what waits for it (default 30 000). */
  readonly patienceMs?: number;
}

/** `GET /events`: answers and streams of the API over one WebSocket per tab (docs/protocols/events.md). */
export const eventRoutes = (deps: EventRoutesDeps): BoundRoute[] => [
  bindWebSocket(routes.openEvents, {
    kind: "events",
    subprotocols: [eventsProtocol],
    open(context, accept, touch) {
      const { principal, requestId, clientIp, log, request } = context;
      const { rateLimits, table, shared, callerAgain, patienceMs } = deps;
      const count = (caller: Principal) => void rateLimits?.count("requests", caller, clientIp);
      const socket = accept();
      const opening = request.raw;
      serveEvents({
        ...{ socket, opening, principal, requestId, table, shared, callerAgain, count, touch, log },
        patienceMs,
      });
    },
  }),
];
