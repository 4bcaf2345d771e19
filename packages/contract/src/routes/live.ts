import { z } from "zod";
import { route } from "../route.ts";
import { closeLiveQuery, liveConnection, liveQuery } from "../schemas/index.ts";
import { actions } from "./actions.ts";

const tag = "Sessions";

export const liveRoutes = {
  listLive: route({
    method: "GET",
    path: "/live",
    operationId: "listLive",
    tag,
    summary: "List open connections of this replica, oldest first",
    description:
      "Terminals, app connections, file transfers, event streams and followed logs that are open at this moment. " +
      "Without a query: the caller's own. Each replica lists its own connections only.",
    permission: actions.sessionList,
    query: liveQuery,
    watch: { everySeconds: 5, on: ["live"] },
    workspaceField: "workspace",
    responses: { 200: z.array(liveConnection) },
  }),
  closeLive: route({
    method: "DELETE",
    path: "/live/:id",
    operationId: "closeLive",
    tag,
    summary: "Close an open connection, of whichever replica",
    description:
      "A WebSocket is closed with code 1008, a response is cut. 204: it was here and is closed. 202: the other " +
      "replicas were told; one that has a connection of this id and user closes it.",
    permission: {
      kind: "dynamic",
      why: "one's own connections need no more than the right to change one's account; those of others the right to lock them out, which would close them too",
      actions: [actions.writeProfile, actions.writeLocked],
    },
    params: z.object({ id: z.uuid() }),
    query: closeLiveQuery,
    responses: { 202: "none", 204: "none" },
    errors: { 404: "this replica has no such connection, and no username was given" },
  }),
} as const;
