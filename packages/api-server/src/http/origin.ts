/** What is known about the addresses browsers use for this server. */
export interface OriginPolicy {
  /** Further origins that may call with credentials, e.g. the public address behind a proxy: `https://host[:port]`. */
  readonly publicOrigins: ReadonlySet<string>;
}

const hostOf = (origin: string): string | undefined => {
  try {
    const url = new URL(origin);
    if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
    return url.host;
  } catch {
    return undefined;
  }
};

const withoutDefaultPort = (host: string): string => host.toLowerCase().replace(/:(80|443)$/, "");

/**
 * Is a browser page of `origin` a page of this server? Host and port must be those the browser itself put in `Host`
 * (which a page cannot forge), or the origin must be configured. The scheme is not compared with the socket's, because
 * TLS usually ends at a proxy in front.
 */
export const isOwnOrigin = (origin: string, host: string | undefined, policy: OriginPolicy): boolean => {
  if (policy.publicOrigins.has(origin)) return true;
  const originHost = hostOf(origin);
  return (
    originHost !== undefined &&
    host !== undefined &&
    withoutDefaultPort(originHost) === withoutDefaultPort(host)
  );
};
