import type { KvStore } from "@k8shell/kv";
import type { Logger } from "pino";
import type { Authenticate } from "../auth/authenticate.ts";
import type { JwtVerifier } from "../auth/jwt-verifier.ts";
import type { Principal } from "../auth/principal.ts";
import type { Authorize, StillAllowed } from "../authz/authorize.ts";
import type { WorkspaceConnector } from "../backends/backends.ts";
import type { ClientAddress } from "../http/client-address.ts";
import type { OutageLog } from "../http/outage-log.ts";
import type { TargetLookup } from "../http/target.ts";
import type { RateLimits } from "../limits/rate-limits.ts";
import type { LiveConnections } from "../live/live-connections.ts";
import { type AddressesDeps, createAddresses } from "./addresses.ts";
import { type AppSessions, createAppSessions } from "./app-sessions.ts";
import { createCallers } from "./caller.ts";
import type { FinishedAppRequest } from "./finished.ts";
import { type AppFront, createAppFront } from "./front.ts";
import { createGate } from "./gate.ts";
import type { AppPlace } from "./grant.ts";
import type { AppHost } from "./label.ts";
import { createTokenKinds } from "./own-tokens.ts";
import { createPortPolicy, type PortPolicy } from "./port-policy.ts";
import { createShares, type Shares } from "./shares.ts";
import { createAppSignIn } from "./sign-in.ts";
import { createWays } from "./way.ts";

export interface AppHostDeps extends Omit<AddressesDeps, "cookie"> {
  readonly kv: KvStore;
  readonly authenticate: Authenticate;
  readonly verifier: Pick<JwtVerifier, "verify">;
  readonly authorize: Authorize;
  readonly stillAllowed: StillAllowed;
  readonly callerOfSession: (sessionId: string) => Promise<Principal>;
  readonly isLocked: (username: string) => boolean;
  readonly findWorkspace: TargetLookup["workspace"];
  readonly workspaces: WorkspaceConnector;
  readonly cookie: AddressesDeps["cookie"] & { readonly name: string };
  readonly clientAddress: ClientAddress;
  /** Absent: no limits. */
  readonly rateLimits: RateLimits | undefined;
  readonly live: Pick<LiveConnections, "register">;
  /** Told of each request that is over. */
  readonly observe: (finished: FinishedAppRequest) => void;
  readonly headersTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** Milliseconds without use after which a browser must show again who it is. */
  readonly idleMs: number;
  /** Logs failures of what lies behind. */
  readonly outages: OutageLog;
  readonly log: Logger;
}

/** The wildcard app host: everything that the gateway's other parts need of it. */
export interface AppHostFeature {
  readonly front: AppFront;
  readonly shares: Shares;
  readonly appSessions: AppSessions;
  readonly mayUse: PortPolicy["mayUse"];
  /** The app host that a `Host` value names; undefined when it is no app's. */
  hosts(host: string): AppHost | undefined;
  /** The workspace and port that an app host stands for. */
  placeOf(host: AppHost): AppPlace | undefined;
  /** Origin of an app host, as its users' browsers see it. */
  originOf(host: AppHost): string;
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
  const { kv, cookie, log } = deps;
  const [ports, names, sessions, codes] = await Promise.all([
    kv.bucket("app-ports"),
    kv.bucket("app-names"),
    kv.bucket("app-sessions", { ttlMs: 7 * day }),
    kv.bucket("app-sign-ins", { ttlMs: minute }),
  ]);
  const { hosts, schemeOf, isSecure, apiOrigin, urlOf } = createAddresses(deps);
  const shares = createShares({ ports, names, log });
  const placeOf = ({ label }: AppHost): AppPlace | undefined => {
    if (!label) return undefined;
    const workspace = "workspace" in label ? label.workspace : shares.byShortName(label.short);
    return workspace === undefined ? undefined : { workspace, port: label.port };
  };

  const appSessions = createAppSessions({ sessions, codes, idleMs: deps.idleMs });
  const signIn = createAppSignIn({ appSessions, shares, placeOf, isSecure, apiOrigin });
  const policy = createPortPolicy({ ...deps, shares });
  const admit = createGate({
    callers: createCallers({ ...deps, appSessions }),
    policy,
    wayTo: createWays({ workspaces: deps.workspaces, sessionCookie: cookie.name, schemeOf }),
    tokenKindOf: createTokenKinds(deps.verifier),
    shares,
    rateLimits: deps.rateLimits,
    placeOf,
    sessionCookie: { name: cookie.name, isShared: Boolean(cookie.domain) },
    schemeOf,
    isSecure,
    reserved: signIn.serve,
    toSignIn: signIn.begin,
    outages: deps.outages,
    log,
  });
  return {
    front: createAppFront({ ...deps, hosts, admit }),
    shares,
    appSessions,
    mayUse: policy.mayUse,
    hosts,
    placeOf,
    originOf: (host) => `${schemeOf(host)}://${host.host}`,
    async urlOf(workspace, port) {
      await shares.rememberName(workspace, port);
      return urlOf(workspace, port);
    },
    ready: shares.ready,
    close: () => shares.close(),
  };
};
