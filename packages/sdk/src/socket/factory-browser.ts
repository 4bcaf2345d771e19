import { K8shellError } from "../error.ts";
import type { WebSocketFactory, WebSocketLike } from "./web-socket.ts";

/**
 * With the browser's own WebSocket, which sends the session cookie but no headers.
 * @throws K8shellError `unsupported` when the client has a token
 */
export const standardWebSocket: WebSocketFactory = (url, protocols, headers) => {
  if (headers.authorization !== undefined) {
    throw new K8shellError(
      "A browser cannot send a token with a WebSocket: sign in, and make the client without a token.",
      { status: 0, code: "unsupported" },
    );
  }
  return new WebSocket(url, [...protocols]) as unknown as WebSocketLike;
};
