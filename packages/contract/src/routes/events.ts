import { route } from "../route.ts";

export const eventRoutes = {
  openEvents: route({
    method: "GET",
    path: "/events",
    operationId: "openEvents",
    tag: "Events",
    summary: "Follow answers and streams of the API over one WebSocket",
    description:
      "Subprotocol `k8shell-events-v1` (docs/protocols/events.md): text frames of JSON. A client subscribes to GET requests that have " +
      "`x-events` in this document: `state` sends the answer now and whenever it changed, `stream` the parts of a stream. Each " +
      "subscription is decided like the request itself, again and again while it lasts. Close codes: 1003 and 1007 a frame that is not a " +
      "message of the protocol; 1008 signed out or revoked; 1009 a message that is too large; 1012 the server restarts; 4008 the client " +
      "does not read.",
    permission: {
      kind: "authenticated",
      why: "the socket itself tells nothing: each subscription passes the guard of the route that it names",
    },
    responses: { 101: "websocket" },
    errors: { 426: "not a WebSocket request" },
  }),
} as const;
