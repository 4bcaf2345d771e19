import { type AppHost, appLabel, createAppHosts } from "./label.ts";

export interface AddressesDeps {
  /** Configured host names; `*.example.org` makes `<port>--<workspace>.example.org` an app host. */
  readonly hostNames: readonly string[];
  readonly publicOrigins: ReadonlySet<string>;
  /** Address of the API as users see it. */
  readonly publicUrl: () => string;
  /** Is `publicUrl` configured, or just where the server listens? */
  readonly hasPublicUrl: boolean;
  readonly cookie: { readonly secure: boolean; readonly domain?: string };
}

/** The addresses of apps and of the API that signs people in to them. */
export interface Addresses {
  /** The app host that a `Host` value names; undefined when it is no app's. */
  hosts(host: string): AppHost | undefined;
  /** Scheme of an app host, as its users' browsers see it. */
  schemeOf(host: AppHost): "http" | "https";
  /** Do browsers keep cookies with `Secure` for it? They do on names below localhost. */
  isSecure(host: AppHost): boolean;
  /** Origin of the API that signs people in to this app host. */
  apiOrigin(host: AppHost): string;
  /** Address of an app for browsers, without a final slash. */
  urlOf(workspace: string, port: number): string;
}

const suffixOf = ({ base }: AppHost): string => base.replace(/:\d+$/, "");
const isLocal = (host: AppHost): boolean => suffixOf(host) === "localhost";

export const createAddresses = (deps: AddressesDeps): Addresses => {
  const { cookie, publicUrl } = deps;
  const origins = [...deps.publicOrigins].map((origin) => new URL(origin));
  const domain = cookie.domain?.replace(/^\./, "");
  const originOf = (host: AppHost) => origins.find(({ hostname }) => hostname === suffixOf(host));

  const schemeOf: Addresses["schemeOf"] = (host) => {
    const origin = originOf(host);
    if (origin) return origin.protocol === "https:" ? "https" : "http";
    if (isLocal(host)) return "http";
    return cookie.secure || origins.some(({ protocol }) => protocol === "https:") ? "https" : "http";
  };

  return {
    hosts: createAppHosts([
      "localhost",
      ...origins.map(({ hostname }) => hostname),
      ...(domain ? [domain] : []),
      ...deps.hostNames.filter((name) => name.startsWith("*.")).map((name) => name.slice(2)),
    ]),
    schemeOf,
    isSecure: (host) => isLocal(host) || schemeOf(host) === "https",
    apiOrigin(host) {
      const origin = originOf(host);
      if (origin) return origin.origin === new URL(publicUrl()).origin ? publicUrl() : origin.origin;
      if (!deps.hasPublicUrl && suffixOf(host) === domain) return `${schemeOf(host)}://${host.base}`;
      return publicUrl();
    },
    urlOf(workspace, port) {
      const own = new URL(publicUrl());
      // An address has no names below it; browsers find those below localhost on this machine.
      const host = /^(?:[\d.]+|\[.*\])$/.test(own.hostname)
        ? `localhost${own.port === "" ? "" : `:${own.port}`}`
        : own.host;
      return `${own.protocol}//${appLabel(port, workspace)}.${host}`;
    },
  };
};
