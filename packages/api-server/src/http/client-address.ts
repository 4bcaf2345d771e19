import { isIP } from "node:net";
import { createSourceCheck } from "../auth/source-address.ts";

/** What tells where a request comes from; an `IncomingMessage` is one. */
export interface Sent {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Address of the client of a request. */
export type ClientAddress = (request: Sent) => string;

const maxHops = 32;

/**
 * Who is on the other end: the socket's peer, or, when that is a proxy of ours, the last address in `X-Forwarded-For` that
 * is not. What stands before it was written by the client and proves nothing.
 * @param trustedProxies address ranges; undefined: the peer is always the client
 * @throws Error naming a range that is not one
 */
export const createClientAddress = (trustedProxies: readonly string[] | undefined): ClientAddress => {
  const peerOf = (request: Sent): string => request.socket.remoteAddress ?? "";
  if (trustedProxies === undefined || trustedProxies.length === 0) return peerOf;
  const isProxy = createSourceCheck(trustedProxies);
  return (request) => {
    let address = peerOf(request);
    const header = request.headers["x-forwarded-for"];
    if (typeof header !== "string") return address;
    const hops = header.split(",").slice(-maxHops).reverse();
    for (const hop of hops) {
      if (!isProxy(address)) break;
      const given = hop.trim();
      if (isIP(given) === 0) break;
      address = given;
    }
    return address;
  };
};
