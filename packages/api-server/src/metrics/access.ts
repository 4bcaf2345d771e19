import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { equalSecrets } from "../auth/hash.ts";
import { createSourceCheck } from "../auth/source-address.ts";
import type { ClientAddress } from "../http/client-address.ts";

/** May the sender of this request read the metrics? */
export type MetricsAccess = (request: IncomingMessage) => boolean;

export interface MetricsAccessOptions {
  /** Absent: loopback. */
  readonly allowedCIDRs?: readonly string[] | undefined;
  /** Absent: no token. */
  readonly tokenFilePath?: string | undefined;
  readonly clientAddress: ClientAddress;
}

const forwarding = ["x-forwarded-for", "forwarded", "x-real-ip"];

/**
 * By address, or by the token of a file, which is read again for each request. What a proxy passes on does not count as
 * coming from the proxy's own address: with a proxy on this machine, everybody would be loopback.
 * @throws Error naming a range that is not one
 */
export const createMetricsAccess = (options: MetricsAccessOptions): MetricsAccess => {
  const { tokenFilePath, clientAddress } = options;
  const isAllowed = createSourceCheck(options.allowedCIDRs);

  const hasToken = ({ headers }: IncomingMessage): boolean => {
    const given = /^bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
    if (tokenFilePath === undefined || given === undefined) return false;
    try {
      const token = readFileSync(tokenFilePath, "utf8").trim();
      return token !== "" && equalSecrets(given, token);
    } catch {
      return false;
    }
  };

  return (request) => {
    if (hasToken(request)) return true;
    const address = clientAddress(request);
    const isForwarded = forwarding.some((name) => request.headers[name] !== undefined);
    if (isForwarded && address === (request.socket.remoteAddress ?? "")) return false;
    return isAllowed(address);
  };
};
