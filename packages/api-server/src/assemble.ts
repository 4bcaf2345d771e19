import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { AuthzService } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { SignInPagesService } from "@k8shell/contract/gen/k8shell/signin/v1/signin_pb.js";
import { ProvisionerService } from "@k8shell/contract/gen/provisioner/v1/provisioner_pb.js";
import { RecordingService, SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import { type Channel, type Client, inProcessChannel, observeChannel } from "@k8shell/rpc";
import type { Logger } from "pino";
import { createCloser } from "./assemble/closer.ts";
import { lockDataDir } from "./assemble/data-dir-lock.ts";
import { withDatabase } from "./assemble/database.ts";
import { createGateway } from "./assemble/gateway.ts";
import { openJobs, openKv, openLockedUsers, openLockouts } from "./assemble/kv.ts";
import { explainListenError, formatUrl } from "./assemble/listen-address.ts";
import { productPaths } from "./assemble/paths.ts";

import {
  type BackendName,
  configuredBackend,
  configuredJwtKey,
  probeBackend,
  remoteDaemon,
} from "./assemble/remote.ts";
import { remoteComposer } from "./assemble/remote-composer.ts";

import { platformRoutes } from "./assemble/routes.ts";
import { remoteSignInPages } from "./assemble/serve/sign-in-pages.ts";
import { parsePublicUrl } from "./assemble/settings.ts";
import { ensureOnboardRules, signInProviders } from "./assemble/sign-in.ts";
import type { AccountControl } from "./auth/account-control.ts";
import { createJwtVerifier } from "./auth/jwt-verifier.ts";
import type { HealthProbe } from "./backends/backend-health.ts";
import { createWorkspaceConnector } from "./backends/workspace-connector.ts";
import type { Config } from "./config/config.ts";
import { ConfigError } from "./config/config-error.ts";
import { examineConfig } from "./config/doctor/examine.ts";
import { formatFinding, type Situation } from "./config/doctor/finding.ts";
import type { LiveConnections } from "./live/live-connections.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { observeKv } from "./metrics/observe-kv.ts";
import { tracingSettings } from "./tracing/settings.ts";

export interface StartOptions {
  /** Directory of everything that is kept; created when missing. */
  readonly dataDir: string;
  /** Address to listen on (default `http.bind`). */
  readonly host?: string;
  /** Port; 0 takes a free one (default `http.port`). */
  readonly port?: number;
  readonly config: Config;
  /** Stop all workspaces when the server stops (default false: they keep running). */
  readonly stopWorkspaces?: boolean;
  readonly version: string;
  readonly log: Logger;
}

export interface RunningServer {
  /** `http://127.0.0.1:9101`: where it listens, no trailing slash. */
  readonly url: string;
  /** Address of this server as users see it. */
  readonly publicUrl: string;
  readonly port: number;
  readonly dataDir: string;
  /** Where the metrics are, when they have a port of their own. */
  readonly metricsUrl: string | undefined;
  /** File with the administrator's bare access token; undefined when Identity, or the first of several servers, has it. */
  readonly adminTokenFile: string | undefined;
  /** Signs the administrator in once, within 15 minutes; undefined when Identity is remote. */
  readonly oneTimeLink: string | undefined;
  /** How workspaces are kept apart; undefined when the Provisioner is remote. */
  readonly isolation: { readonly mode: "bubblewrap" | "plain"; readonly detail: string } | undefined;
  /**
   * Readiness off, running requests finished, sockets closed with 1012. Workspaces keep running unless
   * `stopWorkspaces` was set. Safe to call twice.
   */
  close(): Promise<void>;
}

/** Is anything kept on this machine? A gateway before remote services and NATS runs on a read-only file system. */
const keepsData = ({ nats, identity, authz, session, provisioner }: Config): boolean =>
  !nats.enabled || [identity, authz, session, provisioner].some(({ address }) => address === undefined);

/** Logs what the doctor warns of. @throws ConfigError with everything that it refuses */
const heedDoctor = (situation: Situation, log: Logger): void => {
  const findings = examineConfig(situation);
  const refusals = findings.filter(({ severity }) => severity === "refused");
  if (refusals.length > 0) throw new ConfigError(refusals.map(formatFinding).join("\n"));
  for (const finding of findings) log.warn({ key: finding.key }, formatFinding(finding));
};

/**
 * Starts the gateway with every backend: a configuration block with an `address` is a remote service, one without is
 * embedded. This module is the only place that knows which is which.
 * @throws ConfigError for what the operator can put right: a configuration, a directory or a port
 */
export const startServer = async (options: StartOptions): Promise<RunningServer> => {
  const { config, log, version } = options;
  const dataDir = resolve(options.dataDir);
  const host = options.host ?? config.http.bind;
  const port = options.port ?? config.http.port;
  heedDoctor({ config, host, port }, log);
  const paths = productPaths();
  const closer = createCloser(log);
  const grace = config.http.shutdownGraceSeconds * 1000;

  let url = formatUrl(host, port);
  let draining = true;
  const configuredUrl = config.http.publicUrl && parsePublicUrl(config.http.publicUrl);
  const publicUrl = () => configuredUrl ?? url;

  try {
    if (keepsData(config)) {
      const lock = lockDataDir(dataDir);
      closer.add(() => lock.release());
    }

    const metrics = config.metrics.enabled ? createMetrics(version) : undefined;
    const traces = tracingSettings(config, process.env);
    // Loaded only when it is wanted: it is larger than everything else that observes.
    const tracing = traces && (await import("./tracing/otlp.ts")).startOtlpTracing({ ...traces, version });
    if (tracing) closer.add(() => tracing.close());
    const observers = [...(metrics ? [metrics.calls] : []), ...(tracing ? [tracing.calls] : [])];

    const store = await openKv(config, dataDir, log);
    closer.add(() => store.close());
    const kv = metrics ? observeKv(store, metrics) : store;
    const [jobs, lockedUsers] = await Promise.all([openJobs(kv, config), openLockedUsers(kv, config)]);

    const remotes = {
      identity: configuredBackend(config.identity, "identity", log),
      authz: configuredBackend(config.authz, "authz", log),
      session: configuredBackend(config.session, "session", log),
      provisioner: configuredBackend(config.provisioner, "provisioner", log),
    };
    // Everything heavy is loaded at once, and only what is embedded.
    const [identityModule, authzModule, sessionModule, provisionerModule] = await Promise.all([
      remotes.identity ? undefined : import("@k8shell/platform/identity/index.ts"),
      remotes.authz ? undefined : import("@k8shell/platform/authz/index.ts"),
      remotes.session ? undefined : import("@k8shell/platform/session/index.ts"),
      remotes.provisioner ? undefined : import("@k8shell/platform/provisioner/index.ts"),
    ]);
    for (const [name, remote] of Object.entries(remotes)) {
      if (remote) continue;
      const partLock = lockDataDir(dataDir, name);
      closer.add(() => partLock.release());
    }
    const opened = (channel: Channel): Channel => {
      closer.add(() => channel.close());
      return observeChannel(channel, observers);
    };

    // Identity asks Authz what a sign-in may be given, and Authz asks Identity who people are.
    let policy: Client<typeof AuthzService> | undefined;
    let live: LiveConnections | undefined;
    let accounts: AccountControl | undefined;
    const resetWebhook = config.identity.passwordResetWebhook;
    const embeddedIdentity = await withDatabase(
      config,
      "identity",
      async (postgres) =>
        identityModule?.createIdentity({
          dataDir,
          postgres,
          keysDir: config.identity.keysDir,
          publicUrl,
          lockouts: await openLockouts(kv),
          log,
          providers: signInProviders(config, identityModule.providerConfigSchema),
          authz: () => policy,
          notifyPasswordReset:
            resetWebhook === undefined ? undefined : identityModule.createResetWebhook(resetWebhook),
          onPasswordReset: async (username) => accounts?.revokeUser(username),
        }),
      metrics?.databasePool,
    );
    if (embeddedIdentity) closer.add(() => embeddedIdentity.close());
    const identityChannel = opened(
      remotes.identity?.channel ?? inProcessChannel(embeddedIdentity?.registrations ?? []),
    );
    const identity = identityChannel.client(IdentityService);

    if (embeddedIdentity) await ensureOnboardRules(identity, config.identity.onboardRules ?? []);

    const [embeddedAuthz, embeddedSession] = await Promise.all([
      withDatabase(
        config,
        "authz",
        (postgres) =>
          authzModule?.createAuthz({
            dataDir,
            postgres,
            identity,
            log,
            onPoliciesChanged: () => void live?.recheck(),
          }),
        metrics?.databasePool,
      ),
      withDatabase(
        config,
        "session",
        (postgres) =>
          sessionModule?.createSession({
            dataDir,
            postgres,
            identity,
            log,
            recordingDays: config.recordings.retentionDays,
          }),
        metrics?.databasePool,
      ),
    ]);
    if (embeddedAuthz) closer.add(() => embeddedAuthz.close());
    if (embeddedSession) closer.add(() => embeddedSession.close());
    const authzChannel = opened(
      remotes.authz?.channel ?? inProcessChannel(embeddedAuthz?.registrations ?? []),
    );
    const authz = authzChannel.client(AuthzService);
    policy = authz;
    const sessionChannel = opened(
      remotes.session?.channel ?? inProcessChannel(embeddedSession?.registrations ?? []),
    );

    const embeddedProvisioner = await provisionerModule?.createProvisioner({
      dataDir,
      jobs,
      identity,
      authz,
      apiUrl: publicUrl,
      daemon: { node: process.execPath, entry: paths.daemonEntry },
      log,
    });
    if (embeddedProvisioner) {
      closer.add(() => embeddedProvisioner.close());
      if (options.stopWorkspaces) closer.add(() => embeddedProvisioner.stopAll());
    }
    const provisionerChannel = opened(
      remotes.provisioner?.channel ?? inProcessChannel(embeddedProvisioner?.registrations ?? []),
    );

    const workspaces = createWorkspaceConnector(
      embeddedProvisioner ? (workspace) => embeddedProvisioner.addressOf(workspace) : remoteDaemon(config),
      observers,
    );
    closer.add(() => workspaces.close());

    const composeBlueprint = embeddedProvisioner?.composeText ?? (await remoteComposer(identity));

    const probeOf = (
      name: BackendName,
      channel: Channel,
      detail?: () => string | undefined,
    ): HealthProbe => ({
      mode: remotes[name] ? "remote" : "embedded",
      detail: remotes[name]?.detail ?? detail,
      ask: (timeoutMs) => probeBackend(name, channel, timeoutMs),
    });
    const gateway = await createGateway({
      config,
      backends: {
        identity,
        authz,
        session: sessionChannel.client(SessionService),
        recording: sessionChannel.client(RecordingService),
        recordings: embeddedSession?.recordings,
        provisioner: provisionerChannel.client(ProvisionerService),
        workspaces,
      },
      kv,
      jobs,
      lockedUsers,
      verifier: createJwtVerifier({
        key: embeddedIdentity?.publicKeyPem ?? configuredJwtKey(config),
        issuer: config.jwtVerifier.issuer,
        audience: config.jwtVerifier.audience,
        signingMethod: embeddedIdentity ? undefined : config.jwtVerifier.signingMethod,
        sameClock: embeddedIdentity !== undefined,
      }),
      routes: (context) =>
        platformRoutes({
          ...context,
          composeBlueprint,
          passwordResets: embeddedIdentity?.passwordResets,
          requireDeletable: embeddedIdentity?.requireDeletable,
        }),
      probes: {
        kv: { mode: config.nats.enabled ? "remote" : "embedded", ask: () => kv.ping() },
        identity: probeOf("identity", identityChannel),
        authz: probeOf("authz", authzChannel),
        session: probeOf("session", sessionChannel),
        provisioner: probeOf(
          "provisioner",
          provisionerChannel,
          () => embeddedProvisioner && `isolation: ${embeddedProvisioner.isolation.mode}`,
        ),
      },
      isolation: () => embeddedProvisioner?.isolation,
      signIn: embeddedIdentity?.signIn ?? remoteSignInPages(identityChannel.client(SignInPagesService)),
      consoleDir: paths.consoleDir,
      version,
      publicUrl,
      selfUrl: () => url,
      isDraining: () => draining,
      metrics,
      tracing,
      log,
    });
    live = gateway.live;
    closer.add(() => gateway.close());
    accounts = gateway.accounts;

    const bound = await gateway.server.listen({ host, port }).catch((error: unknown) => {
      throw explainListenError(error, host, port);
    });
    url = formatUrl(host, bound);
    let metricsUrl: string | undefined;
    const { bind: metricsHost, port: metricsPort } = config.metrics;
    if (gateway.metricsListener && metricsPort !== undefined) {
      const listening = await gateway.metricsListener
        .listen({ host: metricsHost, port: metricsPort })
        .catch((error: unknown) => {
          throw explainListenError(error, metricsHost, metricsPort);
        });
      metricsUrl = `${formatUrl(metricsHost, listening)}/metrics`;
    }
    closer.add(() => gateway.server.close(grace));

    const tokenFile = join(dataDir, "admin.token");
    await embeddedIdentity?.bootstrapAdmin({ tokenFile });
    // Of servers that share a database, the first has it.
    const adminTokenFile = embeddedIdentity && existsSync(tokenFile) ? tokenFile : undefined;
    const oneTimeLink = await embeddedIdentity?.oneTimeLink("admin");
    draining = false;

    let closed: Promise<void> | undefined;
    const stop = async () => {
      draining = true;
      const delay = config.http.drainDelaySeconds * 1000;
      if (delay > 0) await new Promise((resume) => setTimeout(resume, delay));
      await closer.run();
    };
    return {
      url,
      publicUrl: publicUrl(),
      port: bound,
      dataDir,
      metricsUrl,
      adminTokenFile,
      oneTimeLink,
      isolation: embeddedProvisioner?.isolation,
      close() {
        closed ??= stop();
        return closed;
      },
    };
  } catch (error) {
    await closer.run();
    throw error;
  }
};
