import { K8shellError } from "../error.ts";
import type { QueryValues, Transport } from "../transport.ts";
import type { WebSocketLike } from "./web-socket.ts";

/** What a WebSocket is opened to. */
export interface SocketAddress {
  /** Below the server's address. */
  readonly path: string;
  readonly query?: QueryValues;
}

/** Begins a WebSocket connection to the server. @throws what the factory of WebSockets throws */
export const beginSocket = async (
  transport: Transport,
  { path, query }: SocketAddress,
  protocols: readonly string[],
): Promise<WebSocketLike> => {
  const url = transport.url(path, query);
  url.protocol = url.protocol.replace("http", "ws");
  return transport.webSocket(url, protocols, await transport.headers());
};

/**
 * Why the server did not accept a connection: a WebSocket does not tell, an ordinary request to the same address does,
 * since it goes through the same checks. Undefined when it finds nothing wrong, or does not come about.
 * @throws the signal's reason when it aborts
 */
export const refusalOf = async (
  transport: Transport,
  { path, query }: SocketAddress,
  options: { readonly signal?: AbortSignal | undefined; readonly repeatable?: boolean } = {},
): Promise<K8shellError | undefined> => {
  try {
    const response = await transport.send({ method: "GET", path, query, ...options });
    await response.body?.cancel();
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof K8shellError && error.code !== "upgrade_required") return error;
  }
  return undefined;
};
