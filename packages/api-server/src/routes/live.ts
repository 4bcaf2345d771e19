import { actions, type LiveConnectionJson, routes } from "@k8shell/contract";
import type { AccountControl } from "../auth/account-control.ts";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, bind, json, noContent } from "../http/handler.ts";
import type { LiveConnections, LiveRecord } from "../live/live-connections.ts";
import { listRestriction } from "./obligations.ts";

export interface LiveRoutesDeps {
  readonly live: Pick<LiveConnections, "list" | "get">;
  readonly accounts: Pick<AccountControl, "closeConnection">;
}

const connectionJson = (connection: LiveRecord): LiveConnectionJson => ({
  id: connection.id,
  kind: connection.kind,
  username: connection.username,
  workspace: connection.workspace ?? "",
  credential:
    connection.sessionId !== undefined ? "session" : connection.tokenDigest !== undefined ? "token" : "jwt",
  tokenPreview: connection.tokenPreview ?? "",
  clientIP: connection.clientIp,
  openedAt: new Date(connection.openedAt).toISOString(),
  lastActiveAt: new Date(connection.lastActiveAt).toISOString(),
  bytesIn: connection.bytesReceived,
  bytesOut: connection.bytesSent,
  requestId: connection.requestId,
});

/** Open connections: what is open at this moment, and an end to it. */
export const liveRoutes = ({ live, accounts }: LiveRoutesDeps): BoundRoute[] => [
  bind(routes.listLive, ({ target, query, obligations }) => {
    const only = listRestriction(obligations);
    const visible = ({ kind, username, org, roles = [], workspace }: LiveRecord): boolean =>
      (target.username === undefined || username === target.username) &&
      (query.kind === undefined || kind === query.kind) &&
      (query.workspace === undefined || workspace === query.workspace) &&
      (only.username === undefined || username === only.username) &&
      (only.org === undefined || org === only.org) &&
      (only.roles === undefined || roles.some((role) => only.roles?.includes(role)));
    const found = live.list().filter(visible);
    return json(200, found.toSorted((a, b) => a.openedAt - b.openedAt).map(connectionJson));
  }),

  bind(routes.closeLive, async ({ params: { id }, query, principal, authorize }) => {
    const here = live.get(id);
    const username = query.username ?? here?.username ?? principal.username;
    const action = username === principal.username ? actions.writeProfile : actions.writeLocked;
    await authorize(action, { type: "user", id: username });
    const isHere = here?.username === username;
    if (!isHere && query.username === undefined) {
      throw new ApiError(
        "not_found",
        "This replica has no such connection; add ?username= to have the others look for it.",
      );
    }
    await accounts.closeConnection(id, username);
    return isHere ? noContent() : { status: 202 };
  }),
];
