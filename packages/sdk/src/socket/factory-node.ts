import type { WebSocketFactory, WebSocketLike } from "./web-socket.ts";

/**
 * With `ws`: unlike the global WebSocket of Node it can stop reading, which holds back a program whose output is not
 * read. Loaded by the first use.
 */
export const standardWebSocket: WebSocketFactory = async (url, protocols, headers) => {
  const { WebSocket } = await import("ws");
  return new WebSocket(url, [...protocols], {
    headers,
    perMessageDeflate: false,
  }) as unknown as WebSocketLike;
};
