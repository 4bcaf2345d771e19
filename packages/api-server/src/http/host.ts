import { isIP } from "node:net";
import { isLoopback } from "../loopback.ts";
import { ApiError } from "./api-error.ts";

/** Is this value of a `Host` header a name of this server? */
export type HostCheck = (host: string) => boolean;

export interface HostPolicy {
  /** Further host names; `*.example.org` stands for all below one, `*` for any. Absent: not configured. */
  readonly hosts: readonly string[] | undefined;
  /** Configured origins (`https://host[:port]`); their hosts, and those below them, are ours too. */
  readonly publicOrigins: ReadonlySet<string>;
  /** `http.cookie.domain`: who shares the session with a domain's hosts has said that they are ours. */
  readonly cookieDomain?: string | undefined;
}

const remembered = 64;

/** Host name without port, brackets and a final dot; undefined when it is not one. */
const nameOf = (host: string): string | undefined => {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d*)?$/i.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, "");
};

/**
 * The names this server answers to. A page of another site can make its own name resolve to this machine and then read
 * the answers as its own (DNS rebinding); the browser still tells that name. Addresses cannot be made to mean another
 * machine, and names below `localhost` are not looked up by browsers.
 * @param bound address listened on. Off loopback other names are ordinary (a cluster's, say), so all are accepted
 *   unless hosts are configured
 * @returns undefined when every name is accepted
 */
export const createHostCheck = (
  bound: string,
  { hosts, publicOrigins, cookieDomain }: HostPolicy,
): HostCheck | undefined => {
  if (hosts?.includes("*") || (hosts === undefined && !isLoopback(bound))) return undefined;
  const domain = cookieDomain?.replace(/^\./, "").toLowerCase();
  const origins = [
    ...[...publicOrigins].map((origin) => new URL(origin).hostname),
    ...(domain ? [domain] : []),
  ];
  const own = new Set([bound, ...origins, ...(hosts ?? [])].map((name) => nameOf(name) ?? ""));
  const below = [
    ".localhost",
    ...origins.map((name) => `.${name}`),
    ...(hosts ?? []).filter((name) => name.startsWith("*.")).map((name) => name.slice(1).toLowerCase()),
  ];
  const known = new Set<string>();
  return (host) => {
    if (known.has(host)) return true;
    const name = nameOf(host);
    if (name === undefined) return false;
    const isOwn =
      name === "localhost" ||
      isIP(name) !== 0 ||
      own.has(name) ||
      below.some((suffix) => name.length > suffix.length && name.endsWith(suffix));
    if (isOwn && known.size < remembered) known.add(host);
    return isOwn;
  };
};

/** The refusal of a name that is not ours. */
export const misdirected = (): ApiError =>
  new ApiError(
    "misdirected_request",
    "This server does not answer to that host name. Its operator can add names with http.publicUrl and http.hosts.",
    { headers: { connection: "close" } },
  );
