import { chmod, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { AuthzService } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { inProcessChannel, type ServerTls, type ServiceRegistration, startGrpcServer } from "@k8shell/rpc";
import type { Logger } from "pino";
import { UsageError } from "../../cli-arguments.ts";
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/config-error.ts";
import { createCloser } from "../closer.ts";
import { lockDataDir } from "../data-dir-lock.ts";
import { withDatabase } from "../database.ts";
import { openJobs, openKv, openLockouts } from "../kv.ts";
import { productPaths } from "../paths.ts";
import { configuredBackend } from "../remote.ts";
import { parsePublicUrl } from "../settings.ts";
import { ensureOnboardRules, signInProviders } from "../sign-in.ts";
import { listenHost, type ServiceName } from "./arguments.ts";
import { createCallerCheck } from "./caller-check.ts";
import { withReachableWorkspaces } from "./reachable-workspaces.ts";
import type { ServiceAccountOptions } from "./service-account-tokens.ts";
import { serveSignInPages } from "./sign-in-pages.ts";
import { createWorkspaceRelay } from "./workspace-relay.ts";

/** A service of the platform core; workspaced is a program of its own. */
export type CoreService = Exclude<ServiceName, "workspaced">;

export interface ServiceOptions {
  readonly service: CoreService;
  /** `host:port` (port 0: any free one) or `unix:/path`. */
  readonly listen: string;
  readonly dataDir: string;
  /** Says where the other services are. */
  readonly config: Config;
  readonly tls?: ServerTls;
  /** Files of accepted bearer tokens; none lets every caller in (for unix sockets, which only their owner can open). */
  readonly tokenFiles: readonly string[];
  /** Service accounts of a cluster that may call it too. */
  readonly serviceAccounts?: ServiceAccountOptions | undefined;
  /** Provisioner: host under which gateways reach this machine (default: the host it listens on). */
  readonly advertise?: string;
  /** Provisioner: stop all workspaces at the end (default false). */
  readonly stopWorkspaces?: boolean;
  readonly log: Logger;
}

export interface RunningService {
  /** The address bound, with the real port. */
  readonly address: string;
  /** What the operator needs to know of it: name and value. */
  readonly notes: ReadonlyArray<readonly [string, string]>;
  /** Refuses new calls, waits for running ones up to the grace time, closes. Safe to call twice. */
  close(): Promise<void>;
}

/** One service, built but not yet reachable. */
interface Built {
  readonly registrations: readonly ServiceRegistration[];
  readonly notes?: RunningService["notes"];
}

/**
 * Serves one embedded service over gRPC. The services that it asks are remote ones, at the addresses of the
 * configuration.
 * @throws ConfigError for what the operator can put right
 */
export const startService = async (options: ServiceOptions): Promise<RunningService> => {
  const { service, config, log, tls } = options;
  const dataDir = resolve(options.dataDir);
  const closer = createCloser(log);
  const host = listenHost(options.listen);
  const { tokenFiles, serviceAccounts } = options;
  const authenticate = createCallerCheck({ tokenFiles, serviceAccounts });

  const peer = (name: "identity" | "authz") => {
    const channel = configuredBackend(config[name], name, log)?.channel;
    if (!channel) {
      throw new ConfigError(
        `${name}.address: is missing; the ${service} service asks ${name} (give --config)`,
      );
    }
    closer.add(() => channel.close());
    return channel;
  };
  const identityPeer = () => peer("identity").client(IdentityService);
  const authzPeer = () => peer("authz").client(AuthzService);
  const publicUrl = (): string => {
    if (config.http.publicUrl === undefined) {
      throw new ConfigError(
        `http.publicUrl: is missing; the ${service} service needs the API server's address`,
      );
    }
    return parsePublicUrl(config.http.publicUrl);
  };
  const openStore = async () => {
    const kv = await openKv(config, dataDir, log);
    closer.add(() => kv.close());
    return kv;
  };

  const builders: Record<CoreService, () => Promise<Built>> = {
    async identity() {
      const authz = authzPeer();
      const url = publicUrl();
      const { createIdentity, providerConfigSchema } = await import("@k8shell/platform/identity/index.ts");
      const lockouts = await openLockouts(await openStore());
      const identity = await withDatabase(config, "identity", (postgres) =>
        createIdentity({
          dataDir,
          postgres,
          keysDir: config.identity.keysDir,
          publicUrl: () => url,
          lockouts,
          log,
          providers: signInProviders(config, providerConfigSchema),
          authz: () => authz,
        }),
      );
      closer.add(() => identity.close());
      const own = inProcessChannel(identity.registrations).client(IdentityService);
      await ensureOnboardRules(own, config.identity.onboardRules ?? []);
      const tokenFile = join(dataDir, "admin.token");
      const keyFile = join(dataDir, "identity-jwt-public.pem");
      await identity.bootstrapAdmin({ tokenFile });
      await writeFile(keyFile, identity.publicKeyPem);
      return {
        registrations: [...identity.registrations, serveSignInPages(identity.signIn)],
        notes: [
          ["Sign in once", await identity.oneTimeLink("admin")],
          ["Admin token", tokenFile],
          ["Key of user tokens (the gateway's jwtVerifier.publicKeyFile)", keyFile],
        ],
      };
    },
    async authz() {
      const identity = identityPeer();
      const { createAuthz } = await import("@k8shell/platform/authz/index.ts");
      const authz = await withDatabase(config, "authz", (postgres) =>
        createAuthz({ dataDir, postgres, identity, log }),
      );
      closer.add(() => authz.close());
      return { registrations: authz.registrations, notes: [["Policies", join(dataDir, "policies")]] };
    },
    async session() {
      const identity = identityPeer();
      const { createSession } = await import("@k8shell/platform/session/index.ts");
      const session = await withDatabase(config, "session", (postgres) =>
        createSession({
          dataDir,
          postgres,
          identity,
          log,
          recordingDays: config.recordings.retentionDays,
        }),
      );
      closer.add(() => session.close());
      return { registrations: session.registrations };
    },
    async provisioner() {
      const identity = identityPeer();
      const authz = authzPeer();
      const url = publicUrl();
      const jobs = await openJobs(await openStore(), config);
      const advertise = options.advertise ?? host;
      if (host === undefined || advertise === undefined || /^(0\.0\.0\.0|::)$/.test(advertise)) {
        throw new UsageError(
          "--advertise is missing: gateways need a name or address of this machine to reach its workspaces",
        );
      }
      const { createProvisioner } = await import("@k8shell/platform/provisioner/index.ts");
      const provisioner = await createProvisioner({
        dataDir,
        jobs,
        identity,
        authz,
        apiUrl: () => url,
        daemon: { node: process.execPath, entry: productPaths().daemonEntry },
        log,
      });
      closer.add(() => provisioner.close());
      if (options.stopWorkspaces) closer.add(() => provisioner.stopAll());
      const relay = createWorkspaceRelay({
        host,
        tls,
        authenticate,
        daemonOf: (name) => provisioner.addressOf({ name }),
      });
      closer.add(() => relay.close());
      return {
        registrations: withReachableWorkspaces(provisioner.registrations, {
          relay,
          advertisedHost: advertise,
          tls: tls !== undefined,
        }),
        notes: [["Isolation", `${provisioner.isolation.mode}: ${provisioner.isolation.detail}`]],
      };
    },
  };

  try {
    const lock = lockDataDir(dataDir, service);
    closer.add(() => lock.release());
    const { registrations, notes = [] } = await builders[service]();
    const server = await startGrpcServer({
      address: options.listen,
      services: registrations,
      tls,
      authenticate,
      onError: (err, method) => log.error({ err, method }, "call failed"),
    }).catch((cause: unknown) => {
      throw new ConfigError(
        `cannot listen on ${options.listen}: ${cause instanceof Error ? cause.message : cause}`,
        {
          cause,
        },
      );
    });
    closer.add(() => server.close((config.http.shutdownGraceSeconds ?? 10) * 1000));
    if (host === undefined) await chmod(options.listen.replace(/^unix:(\/\/(?=\/))?/, ""), 0o600);
    let closed: Promise<void> | undefined;
    return {
      address: server.address,
      notes,
      close() {
        closed ??= closer.run();
        return closed;
      },
    };
  } catch (error) {
    await closer.run();
    throw error;
  }
};
