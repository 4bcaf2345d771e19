import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { KvStore } from "@k8shell/kv";
import type { Logger } from "pino";
import type { Authenticate } from "../auth/authenticate.ts";
import type { Principal } from "../auth/principal.ts";
import type { Authorize } from "../authz/authorize.ts";
import type { WorkspaceConnector } from "../backends/backends.ts";
import { type AppSessions, createAppSessions } from "./app-sessions.ts";
import { type AppFront, createAppFront } from "./front.ts";
import { createGate, type Gate } from "./gate.ts";
import { type AppHost, appLabel, createAppHosts } from "./label.ts";
import { createShares, type Shares } from "./shares.ts";
import { createAppSignIn } from "./sign-in.ts";

export interface AppHostDeps {
  readonly kv: KvStore;
  readonly authenticate: Authenticate;
  readonly authorize: Authorize;
  readonly callerOfSession: (sessionId: string) => Promise<Principal>;
  readonly isLocked: (username: string) => boolean;
  readonly findWorkspace: (name: string) => Promise<WorkspaceDetails | undefined>;
  readonly workspaces: WorkspaceConnector;
  readonly cookie: { readonly name: string; readonly secure: boolean; readonly domain?: string };
  /** Configured host names; `*.example.org` makes `<port>--<workspace>.example.org` an app host. */
  readonly hostNames: readonly string[];
  readonly publicOrigins: ReadonlySet<string>;
  /** Address of the API as users see it. */
  readonly publicUrl: () => string;
  /** Is `publicUrl` configured, or just where the server listens? */
  readonly hasPublicUrl: boolean;
  readonly headersTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** Milliseconds without use after which a browser must show again who it is. */
  readonly idleMs: number;
  readonly log: Logger;
}

/** The wildcard app host: everything that the gateway's other parts need of it. */
export interface AppHostFeature {
  readonly front: AppFront;
  readonly gate: Gate;
  readonly shares: Shares;
  readonly appSessions: AppSessions;
  readonly hosts: (host: string) => AppHost | undefined;
  /** Address of an app for browsers, without a final slash. Remembers short names. */
  urlOf(workspace: string, port: number): Promise<string>;
  /** The shares have been read once. */
  readonly ready: Promise<void>;
  close(): void;
}

const minute = 60_000;
const day = 24 * 60 * minute;

/** Builds the wildcard app host (rest-contract 1.4). Until the shares are known, ports are their owners' only. */
export const createAppHost = async (deps: AppHostDeps): Promise<AppHostFeature> => {
  const { kv, cookie, publicUrl, log } = deps;
  const [ports, names, sessions, codes] = await Promise.all([
    kv.bucket("app-ports"),
    kv.bucket("app-names"),
    kv.bucket("app-sessions", { ttlMs: 7 * day }),
    kv.bucket("app-sign-ins", { ttlMs: minute }),
  ]);
  const origins = [...deps.publicOrigins].map((origin) => new URL(origin));
  const domain = cookie.domain?.replace(/^\./, "");
  const hosts = createAppHosts([
    "localhost",
    ...origins.map(({ hostname }) => hostname),
    ...(domain ? [domain] : []),
    ...deps.hostNames.filter((name) => name.startsWith("*.")).map((name) => name.slice(2)),
  ]);
  const suffixOf = ({ base }: AppHost) => base.replace(/:\d+$/, "");
  const isLocal = (host: AppHost) => suffixOf(host) === "localhost";
  const schemeOf = (host: AppHost): "http" | "https" => {
    const origin = origins.find(({ hostname }) => hostname === suffixOf(host));
    if (origin) return origin.protocol === "https:" ? "https" : "http";
    if (isLocal(host)) return "http";
    return cookie.secure || origins.some(({ protocol }) => protocol === "https:") ? "https" : "http";
  };
  const isSecure = (host: AppHost) => isLocal(host) || schemeOf(host) === "https";
  const apiOrigin = (host: AppHost): string => {
    const origin = origins.find(({ hostname }) => hostname === suffixOf(host));
    if (origin) return origin.origin;
    if (!deps.hasPublicUrl && suffixOf(host) === domain) return `${schemeOf(host)}://${host.base}`;
    return publicUrl();
  };

  const shares = createShares({ ports, names, log });
  const appSessions = createAppSessions({ sessions, codes, idleMs: deps.idleMs });
  const signIn = createAppSignIn({
    appSessions,
    shares,
    placeOf: (label) => gate.placeOf(label),
    isSecure,
    apiOrigin,
  });
  const gate: Gate = createGate({
    authenticate: deps.authenticate,
    authorize: deps.authorize,
    callerOfSession: deps.callerOfSession,
    isLocked: deps.isLocked,
    findWorkspace: deps.findWorkspace,
    workspaces: deps.workspaces,
    shares,
    appSessions,
    sessionCookie: cookie.name,
    hasSharedCookie: domain !== undefined && domain !== "",
    schemeOf,
    isSecure,
    reserved: signIn.serve,
    toSignIn: signIn.begin,
    log,
  });
  const front = createAppFront({
    hosts,
    admit: gate.admit,
    headersTimeoutMs: deps.headersTimeoutMs,
    keepAliveTimeoutMs: deps.keepAliveTimeoutMs,
  });
  return {
    ready: shares.ready,
    front,
    gate,
    shares,
    appSessions,
    hosts,
    async urlOf(workspace, port) {
      await shares.rememberName(workspace, port);
      const label = appLabel(port, workspace);
      const own = new URL(publicUrl());
      // An address has no names below it; browsers find those below localhost on this machine.
      const host = /^(?:[\d.]+|\[.*\])$/.test(own.hostname)
        ? `localhost${own.port === "" ? "" : `:${own.port}`}`
        : own.host;
      return `${own.protocol}//${label}.${host}`;
    },
    close: () => shares.close(),
  };
};
