import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { KvBucket, KvStore } from "@k8shell/kv";
import { Code, RpcError, responseOf } from "@k8shell/rpc";
import type { Logger } from "pino";
import { type AccountControl, createAccountControl } from "../auth/account-control.ts";
import { createAccountLocks } from "../auth/account-locks.ts";
import { createAuthenticate } from "../auth/authenticate.ts";
import { createCliLogins } from "../auth/cli-logins.ts";
import type { JwtVerifier } from "../auth/jwt-verifier.ts";
import { createLoginFlow } from "../auth/login-flow.ts";
import { createLoginStates } from "../auth/login-states.ts";
import { createPasswordLogin } from "../auth/password-login.ts";
import { createPatResolver } from "../auth/pat-resolver.ts";
import { createRenewJwt } from "../auth/renew-jwt.ts";
import { createSourceCheck } from "../auth/source-address.ts";
import { createWebSessions } from "../auth/web-sessions.ts";
import { createAuthorize, createStillAllowed } from "../authz/authorize.ts";
import { createBackendHealth, type HealthProbe } from "../backends/backend-health.ts";
import type { Backends } from "../backends/backends.ts";
import type { Config } from "../config/config.ts";
import { createChanges } from "../events/changes.ts";
import { createJobNews } from "../events/job-news.ts";
import { createQueryTable } from "../events/query-table.ts";
import { createSharedQueries } from "../events/shared-queries.ts";
import { createClientAddress } from "../http/client-address.ts";
import { toApiError } from "../http/errors.ts";
import type { BoundRoute } from "../http/handler.ts";
import { createOutageLog } from "../http/outage-log.ts";
import { registerPages } from "../http/pages.ts";
import { createHttpServer, defaultHttpLimits, type HttpLimits, type HttpServer } from "../http/server.ts";
import type { TargetLookup } from "../http/target.ts";
import { createJobStore, type JobStore } from "../jobs/job-store.ts";
import { createRateLimits } from "../limits/rate-limits.ts";
import { createLiveConnections, type LiveConnections } from "../live/live-connections.ts";
import { createCallerAgain, createRecheck } from "../live/recheck.ts";
import { createRevocations } from "../live/revocations.ts";
import { createRunningCalls } from "../mcp/running-calls.ts";
import { createMetricsAccess } from "../metrics/access.ts";
import { createMetricsListener, type MetricsListener } from "../metrics/listener.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { createAppHost } from "../proxy/app-host.ts";
import { createAppAccessLog } from "../proxy/finished.ts";
import { authRoutes } from "../routes/auth.ts";
import { docsRoutes } from "../routes/docs.ts";
import { eventRoutes } from "../routes/events.ts";
import { healthRoutes } from "../routes/health.ts";
import { internalRoutes } from "../routes/internal.ts";
import { mcpRoutes } from "../routes/mcp.ts";
import { metricsRoutes } from "../routes/metrics.ts";
import { portRoutes } from "../routes/ports.ts";
import type { Tracing } from "../tracing/tracing.ts";
import { jobsMayBeElsewhere } from "./kv.ts";
import { cookieSettings, internalSources, publicOrigins, sessionLifetimes } from "./settings.ts";

/** What routes outside the gateway's core are built from. */
export interface RouteContext {
  readonly config: Config;
  readonly backends: Backends;
  readonly accounts: AccountControl;
  readonly jobs: JobStore;
  /** `terminals`. */
  readonly terminals: KvBucket;
  /** `uploads`: what is known of resumable uploads. */
  readonly uploads: KvBucket;
  /** `terminal-owners`. */
  readonly terminalOwners: KvBucket;
  /** `idempotency`: answers to requests with an Idempotency-Key. */
  readonly idempotency: KvBucket;
  /** Long-lived connections: whatever stays open for its caller is registered here. */
  readonly live: LiveConnections;
  readonly log: Logger;
  /** Adds what is to be done when the HTTP server has been closed. */
  onClose(step: () => Promise<void>): void;
}

export interface GatewayOptions {
  readonly config: Config;
  readonly backends: Backends;
  readonly kv: KvStore;
  /** `workspace-provision-jobs`. */
  readonly jobs: KvBucket;
  readonly lockedUsers: KvBucket;
  readonly verifier: JwtVerifier;
  /** Everything but sign-in, health, documentation and internal tokens. */
  readonly routes: (context: RouteContext) => readonly BoundRoute[];
  readonly probes: Readonly<Record<string, HealthProbe>>;
  readonly isolation: () => { mode: string; detail: string } | undefined;
  readonly signIn: ((request: Request) => Promise<Response>) | undefined;
  readonly consoleDir: string;
  readonly version: string;
  /** Address of this server as users see it, no trailing slash; called only while it listens. */
  readonly publicUrl: () => string;
  /** Address at which this server reaches itself; called only while it listens. */
  readonly selfUrl: () => string;
  readonly isDraining: () => boolean;
  /** Absent: nothing is measured. */
  readonly metrics?: Metrics | undefined;
  readonly tracing?: Tracing | undefined;
  readonly log: Logger;
  readonly limits?: Partial<HttpLimits>;
}

export interface Gateway {
  readonly server: HttpServer;
  readonly accounts: AccountControl;
  readonly live: LiveConnections;
  /** Set when the metrics have a port of their own, which the caller opens. */
  readonly metricsListener: MetricsListener | undefined;
  /** Ends the watches and what routes left running; the HTTP server is closed by its own `close`, before. */
  close(): Promise<void>;
}

const minute = 60_000;

/** A lookup that answers undefined where the service says NotFound. */
const orUndefined = async <T>(answer: Promise<T>): Promise<T | undefined> => {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RpcError && error.code === Code.NotFound) return undefined;
    throw error;
  }
};

/**
 * How long what is read of the key-value store at start is waited for; without account locks nobody is let in, without
 * shares a port is its owner's only. Milliseconds.
 */
const kvWaitMs = 5_000;

/**
 * Builds the gateway from backends, wherever those live. Resolves when account locks are known, or after a while without
 * them when the key-value store is away.
 */
export const createGateway = async (options: GatewayOptions): Promise<Gateway> => {
  const { config, backends, kv, verifier, log, version, publicUrl } = options;
  const cookie = cookieSettings(config);
  const lifetimes = sessionLifetimes(config);
  const origins = { publicOrigins: publicOrigins(config) };
  const [
    sessionBucket,
    stateBucket,
    cliBucket,
    terminals,
    revocationBucket,
    uploads,
    terminalOwners,
    idempotency,
  ] = await Promise.all([
    kv.bucket("web-sessions", { ttlMs: lifetimes.absoluteMs }),
    kv.bucket("login-states", { ttlMs: 15 * minute }),
    kv.bucket("cli-logins", { ttlMs: 10 * minute }),
    kv.bucket("terminals", { ttlMs: lifetimes.absoluteMs }),
    kv.bucket("revocations", { ttlMs: 60 * minute }),
    // They expire sooner; of a workspace that is stopped the record waits for the file to be removed.
    kv.bucket("uploads", { ttlMs: 90 * 24 * 60 * minute }),
    kv.bucket("terminal-owners", { ttlMs: 2 * minute }),
    kv.bucket("idempotency", { ttlMs: 24 * 60 * minute }),
  ]);

  const locks = createAccountLocks({
    bucket: options.lockedUsers,
    sessionMs: lifetimes.absoluteMs,
    log,
  });
  const pats = createPatResolver({ identity: backends.identity, verifier });
  const renewJwt = createRenewJwt(backends);
  const sessions = createWebSessions({
    bucket: sessionBucket,
    verifier,
    lifetimes,
    log,
    isRevoked: locks.isRevoked,
    renewJwt,
  });
  const authenticate = createAuthenticate({ verifier, pats, sessions, locks, cookieName: cookie.name });
  const authorize = createAuthorize(backends.authz);
  const cliLogins = createCliLogins(cliBucket);
  const login = createLoginFlow({
    identity: backends.identity,
    verifier,
    sessions,
    locks,
    states: createLoginStates(stateBucket),
    cliLogins,
    cookie,
    origins,
    publicUrl,
  });

  const passwordLogin = createPasswordLogin({
    identity: backends.identity,
    verifier,
    sessions,
    locks,
    authorize,
    hasPolicy: backends.authz !== undefined,
    cookie,
  });

  const { limits } = config;
  const outages = createOutageLog(log);
  const changes = createChanges();
  const live = createLiveConnections({
    limits,
    onChange: (username) => changes.tell({ topic: "live", username }),
    onRecheckAll: () => changes.tell({ topic: "policy" }),
    recheckMs: limits.recheckSeconds * 1000,
    onRecheckFailure: (err, { id, username }) => {
      const message = "a live connection could not be checked again";
      const fields = { err, connection: id, username };
      if (!outages.take(toApiError(err), fields, message)) log.warn(fields, message);
    },
  });
  const revocations = createRevocations({ bucket: revocationBucket, log });
  const accounts = createAccountControl({ locks, pats, sessions, live, revocations });

  locks.onChange(() => changes.tell({ topic: "accounts" }));

  const findWorkspace: TargetLookup["workspace"] = (name) => {
    const call = backends.provisioner.findWorkspace({
      $typeName: "provisioner.v1.FindWorkspaceRequest",
      workspace: name,
    });
    return responseOf(call) ?? orUndefined(call);
  };
  const httpLimits: HttpLimits = {
    ...defaultHttpLimits,
    connections: limits.connections,
    ...options.limits,
  };
  const { metrics } = options;
  const clientAddress = createClientAddress(config.http.trustedProxies);
  const rateLimits = limits.enabled ? createRateLimits(limits, metrics?.limited) : undefined;
  const stillAllowed = createStillAllowed(backends.authz);
  const { logging } = config.http;
  const accessLog = logging.enabled
    ? { requestHeaders: logging.requestHeaders, responseHeaders: logging.responseHeaders }
    : undefined;
  const logApp = accessLog && createAppAccessLog(accessLog, log);
  const appHost = await createAppHost({
    kv,
    authenticate,
    verifier,
    authorize,
    stillAllowed,
    async callerOfSession(sessionId) {
      const principal = await sessions.byId(sessionId);
      locks.refuseLocked(principal.username);
      return principal;
    },
    isLocked: locks.isLocked,
    findWorkspace,
    workspaces: backends.workspaces,
    cookie,
    hostNames: config.http.hosts ?? [],
    publicOrigins: origins.publicOrigins,
    publicUrl,
    hasPublicUrl: config.http.publicUrl !== undefined,
    headersTimeoutMs: httpLimits.headersTimeoutMs,
    keepAliveTimeoutMs: httpLimits.keepAliveTimeoutMs,
    idleMs: config.apps.sessionIdleSeconds * 1000,
    clientAddress,
    rateLimits,
    live,
    observe(finished) {
      metrics?.appRequest(finished.status, finished.seconds);
      logApp?.(finished);
    },
    outages,
    log,
  });

  const health = createBackendHealth(options.probes);
  const shownMetrics = metrics && {
    mayRead: createMetricsAccess({ ...config.metrics, clientAddress }),
    contentType: metrics.contentType,
    render: () =>
      metrics.render({
        live,
        backends: health,
        connections: () => promisify(server.app.server.getConnections.bind(server.app.server))(),
        webSockets: () => server.upgrades.size,
        appConnections: () => appHost.front.size,
        appBytes: () => appHost.front.bytes,
        workspaceChannels: () => backends.workspaces.size,
      }),
  };
  const ownPort = config.metrics.port !== undefined;
  const metricsListener = shownMetrics && ownPort ? createMetricsListener(shownMetrics) : undefined;

  const jobs = createJobStore({ bucket: options.jobs, mayBeElsewhere: jobsMayBeElsewhere(config) });
  const closing: Array<() => Promise<void>> = [];
  const credentials = { locks, sessions, pats, verifier, renewJwt };
  const callerAgain = createCallerAgain(credentials);
  const followed = createQueryTable();
  const shared = createSharedQueries({
    callerAgain,
    changes,
    sources: { jobs: createJobNews({ bucket: options.jobs, changes, log }) },
    log,
  });
  const server = createHttpServer({
    authenticate,
    authorize,
    clientAddress,
    followed,
    outages,
    onChange: ({ tag }, { username }) => changes.tell({ topic: tag, username }),
    rateLimits,
    metrics,
    tracing: options.tracing,
    live,
    recheck: createRecheck({ ...credentials, stillAllowed }),
    origins,
    hosts: {
      hosts: config.http.hosts,
      publicOrigins: origins.publicOrigins,
      cookieDomain: config.http.cookie.domain,
    },
    log,
    limits: httpLimits,
    front: appHost.front,
    accessLog,
    lookup: {
      workspace: findWorkspace,
      job: jobs.get,
    },
    routes: [
      ...healthRoutes({
        version,
        backends: health,
        isolation: options.isolation,
        isDraining: options.isDraining,
      }),
      ...metricsRoutes({ metrics: ownPort ? undefined : shownMetrics }),
      ...authRoutes({
        identity: backends.identity,
        login,
        passwordLogin,
        cliLogins,
        sessions,
        cookie,
        origins,
      }),
      ...internalRoutes({
        identity: backends.identity,
        verifier,
        isAllowedSource: createSourceCheck(internalSources(config)),
        publicUrl,
      }),
      ...eventRoutes({ table: followed, shared, callerAgain, rateLimits }),
      ...portRoutes({ appHost, identity: backends.identity, publicUrl }),
      ...docsRoutes({ version, cookieName: cookie.name }),
      ...mcpRoutes({ version, selfUrl: options.selfUrl, calls: createRunningCalls(revocations) }),
      ...options.routes({
        config,
        backends,
        accounts,
        jobs,
        terminals,
        uploads,
        terminalOwners,
        idempotency,
        live,
        log,
        onClose: (step) => closing.push(step),
      }),
    ],
    pages: (app) =>
      registerPages(app, {
        consoleDir: options.consoleDir,
        signIn: options.signIn,
        publicUrl,
        log,
      }),
  });
  const known = Promise.all([locks.ready, appHost.ready]);
  const waited = new AbortController();
  // The timer holds the process: a server without parts of its own has nothing else that does.
  await Promise.race([known, sleep(kvWaitMs, undefined, { signal: waited.signal }).catch(() => undefined)]);
  waited.abort();
  return {
    server,
    accounts,
    live,
    metricsListener,
    async close() {
      await metricsListener?.close();
      metrics?.close();
      await Promise.all(closing.map((step) => step()));
      shared.close();
      live.close();
      revocations.close();
      appHost.close();
      locks.close();
      sessions.close();
    },
  };
};
