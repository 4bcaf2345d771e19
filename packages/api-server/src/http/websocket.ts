import type { RouteSpec } from "@k8shell/contract";
import type { RawData, WebSocket } from "ws";
import { closeRevoked } from "../live/close-revoked.ts";
import type { LiveConnection, LiveKind } from "../live/live-connections.ts";
import { ApiError } from "./api-error.ts";
import { type BoundRoute, bind, type HandlerResult, handled, type RequestContext } from "./handler.ts";

/** What a WebSocket endpoint does once the guard has let the request through. */
export interface WebSocketEndpoint<R extends RouteSpec> {
  /** Subprotocols served, best first. */
  readonly subprotocols: readonly string[];
  /** A client that offers none is refused. Otherwise it gets a socket without one. */
  readonly needsSubprotocol?: boolean;
  /** What its connections are registered as. */
  readonly kind: LiveKind;
  /**
   * Runs for an authenticated, authorized and validated handshake. Do further checks first (an ApiError thrown before
   * `accept` is an ordinary HTTP error response), then call `accept()` once and attach listeners synchronously.
   * An error thrown after that closes the socket with 1011. The promise may stay pending while the socket lives.
   * Call `touch` when the user does something: a session with such a connection in use does not fall idle.
   *
   * The gateway itself pings idle peers, closes the socket with 1008 when the caller may have it no longer, and with
   * 1012 when the server stops: the endpoint only has to listen for `close`.
   */
  open(context: RequestContext<R>, accept: () => WebSocket, touch: () => void): Promise<void> | void;
}

/** Close codes of RFC 6455 (section 7.4.1) and its registry that this server uses. */
export const closeCode = {
  normal: 1000,
  goingAway: 1001,
  unsupportedData: 1003,
  invalidPayload: 1007,
  policyViolation: 1008,
  messageTooBig: 1009,
  internalError: 1011,
  serviceRestart: 1012,
  tryAgainLater: 1013,
} as const;

/** The bytes of a message. */
export const bytesOf = (data: RawData): Buffer =>
  Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);

const chooseProtocol = (
  offered: readonly string[],
  served: readonly string[],
  isNeeded: boolean,
): string | undefined => {
  if (offered.length === 0) {
    if (!isNeeded) return undefined;
    throw new ApiError("bad_request", `Offer the WebSocket subprotocol ${served.join(" or ")}.`);
  }
  const chosen = served.find((protocol) => offered.includes(protocol));
  if (chosen === undefined) {
    throw new ApiError(
      "bad_request",
      `None of the offered WebSocket subprotocols is served here; offer ${served.join(" or ")}.`,
    );
  }
  return chosen;
};

/**
 * Binds a WebSocket endpoint to its declaration (a GET whose response kind is `websocket`). The upgrade request goes
 * through the same guard as every other request, plus the Origin check.
 */
export const bindWebSocket = <const R extends RouteSpec>(
  spec: R,
  endpoint: WebSocketEndpoint<R>,
): BoundRoute =>
  bind(spec, async (context: RequestContext<R>): Promise<HandlerResult> => {
    const { upgrade } = context;
    if (!upgrade) {
      throw new ApiError("upgrade_required", "This endpoint is a WebSocket: connect with one.", {
        headers: { upgrade: "websocket", connection: "upgrade" },
      });
    }
    const protocol = chooseProtocol(
      upgrade.offered,
      endpoint.subprotocols,
      endpoint.needsSubprotocol === true,
    );
    let socket: WebSocket | undefined;
    let connection: LiveConnection | undefined;
    const accept = (): WebSocket => {
      connection = context.registerLive(endpoint.kind, (reason) => {
        if (socket) closeRevoked(socket, reason);
      });
      try {
        socket = upgrade.accept(protocol);
      } catch (error) {
        connection.done();
        throw error;
      }
      socket.once("close", connection.done);
      return socket;
    };
    try {
      await endpoint.open(context, accept, () => connection?.touch());
    } catch (error) {
      if (!socket) throw error;
      context.log.error({ err: error }, "websocket endpoint failed");
      socket.close(closeCode.internalError, "internal error");
      return handled;
    }
    if (!socket) throw new Error(`${spec.operationId} neither accepted nor refused the WebSocket`);
    return handled;
  });
