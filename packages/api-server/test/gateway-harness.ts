import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuthzService } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { ProvisionerService } from "@k8shell/contract/gen/provisioner/v1/provisioner_pb.js";
import { RecordingService, SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import { type KvStore, sqliteKv } from "@k8shell/kv";
import { createAuthz } from "@k8shell/platform/authz/index.ts";
import { createIdentity } from "@k8shell/platform/identity/index.ts";
import { createSession } from "@k8shell/platform/session/index.ts";
import { type Client, inProcessChannel } from "@k8shell/rpc";
import { pino } from "pino";
import { createGateway, type Gateway, type RouteContext } from "../src/assemble/gateway.ts";
import { remoteComposer } from "../src/assemble/remote-composer.ts";
import { platformRoutes } from "../src/assemble/routes.ts";
import { createJwtVerifier } from "../src/auth/jwt-verifier.ts";
import { createWorkspaceConnector } from "../src/backends/workspace-connector.ts";
import { type Config, defaultConfig } from "../src/config/config.ts";
import type { BoundRoute } from "../src/http/handler.ts";
import type { HttpLimits } from "../src/http/server.ts";
import type { LiveConnections } from "../src/live/live-connections.ts";
import type { Metrics } from "../src/metrics/metrics.ts";
import type { Tracing } from "../src/tracing/tracing.ts";
import { fakeProvisioner } from "./fakes/provisioner.ts";

export interface HarnessOptions {
  config?: (config: Config) => Config;
  limits?: Partial<HttpLimits>;
  /** Routes in place of those of the platform with the same operation id. */
  routes?: (context: RouteContext) => readonly BoundRoute[];
  draining?: () => boolean;
  metrics?: Metrics;
  tracing?: Tracing;
  /** The daemon of every workspace. Absent: none runs. */
  daemon?: { readonly address: string };
}

export interface RequestOptions extends RequestInit {
  /** Bearer token. */
  token?: string;
  json?: unknown;
}

/** A gateway on a free port with the real embedded Identity, Authz and Session, and a Provisioner that only finds. */
export interface GatewayHarness {
  readonly url: string;
  readonly dataDir: string;
  readonly gateway: Gateway;
  readonly identity: Client<typeof IdentityService>;
  readonly identityKey: string;
  readonly issueJwt: (username: string) => Promise<string>;
  /** Everything that was logged, as text. */
  readonly logged: () => string;
  addWorkspace(name: string, username: string): void;
  /** Makes a user with the role `user` in organization default and a token with the given scopes. */
  addUser(username: string, options?: { roles?: string[]; scopes?: string[] }): Promise<string>;
  token(username: string, scopes: string[], name?: string): Promise<string>;
  /** Requests below /api/v1, never following redirects. */
  api(method: string, path: string, options?: RequestOptions): Promise<Response>;
  /** Goes through the browser flow up to the callback; `cookie` is what the browser would send there. */
  signInCode(username: string): Promise<{ state: string; code: string; cookie: string }>;
  /** An address that signs a browser in, once. */
  oneTimeLink(username: string): Promise<string>;
  /** Signs in through the browser flow; resolves to the Cookie header. */
  signIn(username: string): Promise<string>;
  /** Another gateway on the same services, with its own connection to the store; resolves to its address. */
  replica(): Promise<{ readonly url: string; readonly gateway: Gateway }>;
  close(): Promise<void>;
}

/** The session cookie that a response sets, as a Cookie header. */
export const sessionCookie = (response: Response): string =>
  response.headers
    .getSetCookie()
    .find((line) => line.startsWith("k8shell-session="))
    ?.split(";", 1)[0] ?? "";

export const startGateway = async (options: HarnessOptions = {}): Promise<GatewayHarness> => {
  const dataDir = await mkdtemp(join(tmpdir(), "k8shell-gateway-"));
  const lines: string[] = [];
  const log = pino({ level: "debug", base: undefined }, { write: (line: string) => void lines.push(line) });
  const kv = sqliteKv({ file: join(dataDir, "kv.db") });
  let url = "";
  const publicUrl = () => url;
  const lockouts = await kv.bucket("password-lockouts");
  const replicas: Array<() => Promise<void>> = [];
  let policy: Client<typeof AuthzService> | undefined;
  const identityService = await createIdentity({ dataDir, publicUrl, lockouts, log, authz: () => policy });
  const identity = inProcessChannel(identityService.registrations).client(IdentityService);
  let live: LiveConnections | undefined;
  const authzService = await createAuthz({
    dataDir,
    identity,
    log,
    onPoliciesChanged: () => void live?.recheck(),
  });
  const authz = inProcessChannel(authzService.registrations).client(AuthzService);
  policy = authz;
  const sessionService = await createSession({ dataDir, identity, log });
  const sessionChannel = inProcessChannel(sessionService.registrations);
  const session = sessionChannel.client(SessionService);
  const recording = sessionChannel.client(RecordingService);
  const provisionerService = fakeProvisioner();
  const provisioner = inProcessChannel([provisionerService.registration]).client(ProvisionerService);
  const workspaces = createWorkspaceConnector(() => options.daemon);
  const config = options.config?.(defaultConfig()) ?? defaultConfig();

  const composeBlueprint = await remoteComposer(identity);
  const build = async (store: KvStore) =>
    createGateway({
      config,
      backends: {
        identity,
        authz,
        session,
        recording,
        recordings: sessionService.recordings,
        provisioner,
        workspaces,
      },
      kv: store,
      jobs: await store.bucket("workspace-provision-jobs"),
      lockedUsers: await store.bucket("locked-users"),
      verifier: createJwtVerifier({ key: identityService.publicKeyPem }),
      probes: { kv: { mode: "embedded", ask: () => kv.ping() } },
      isolation: () => undefined,
      signIn: identityService.signIn,
      consoleDir: join(dataDir, "console"),
      version: "0.0.0-test",
      publicUrl,
      selfUrl: publicUrl,
      isDraining: options.draining ?? (() => false),
      metrics: options.metrics,
      tracing: options.tracing,
      log,
      limits: options.limits,
      routes(context) {
        const own = options.routes?.(context) ?? [];
        const replaced = new Set(own.map(({ spec }) => spec.operationId));
        return [
          ...own,
          ...platformRoutes({
            ...context,
            composeBlueprint,
            passwordResets: undefined,
            requireDeletable: identityService.requireDeletable,
          }).filter(({ spec }) => !replaced.has(spec.operationId)),
        ];
      },
    });
  const gateway = await build(kv);
  live = gateway.live;
  url = `http://127.0.0.1:${await gateway.server.listen({ host: "127.0.0.1", port: 0 })}`;
  await identityService.bootstrapAdmin({ tokenFile: join(dataDir, "admin.token") });

  const api: GatewayHarness["api"] = (method, path, { token, json, ...init } = {}) =>
    fetch(`${url}/api/v1${path}`, {
      method,
      redirect: "manual",
      ...init,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...init.headers,
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });

  const signInCode: GatewayHarness["signInCode"] = async (username) => {
    const jar = new Map<string, string>();
    let next = new URL(await identityService.oneTimeLink(username));
    while (!next.pathname.endsWith("/auth/callback")) {
      const cookie = [...jar].map((pair) => pair.join("=")).join("; ");
      const response = await fetch(next, { redirect: "manual", headers: { accept: "text/html", cookie } });
      for (const line of response.headers.getSetCookie()) {
        const [name = "", value = ""] = (line.split(";", 1)[0] ?? "").split("=");
        jar.set(name, value);
      }
      const location = response.headers.get("location");
      if (!location) throw new Error(`signing in stopped at ${next.pathname}: ${await response.text()}`);
      next = new URL(location, next);
    }
    return {
      state: next.searchParams.get("state") ?? "",
      code: next.searchParams.get("code") ?? "",
      cookie: [...jar].map((pair) => pair.join("=")).join("; "),
    };
  };

  const token: GatewayHarness["token"] = async (username, scopes, name = scopes.join(",")) =>
    (await identity.createAccessToken({ username, name, scopes })).token;

  return {
    url,
    dataDir,
    gateway,
    identity,
    identityKey: identityService.publicKeyPem,
    issueJwt: async (username) => (await identity.issueUserToken({ username, source: "local" })).userToken,
    logged: () => lines.join(""),
    addWorkspace: provisionerService.add,
    async addUser(username, { roles = [], scopes = ["*"] } = {}) {
      await identity.createUser({ username, organization: "default", roles });
      return token(username, scopes, "test");
    },
    token,
    api,
    oneTimeLink: (username) => identityService.oneTimeLink(username),
    signInCode,
    async signIn(username) {
      const { state, code, cookie } = await signInCode(username);
      const done = await fetch(`${url}/auth/callback?${new URLSearchParams({ state, code })}`, {
        redirect: "manual",
        headers: { accept: "text/html", cookie },
      });
      if (done.status !== 302) throw new Error(`signing in answered ${done.status}: ${await done.text()}`);
      return sessionCookie(done);
    },
    async replica() {
      const store = sqliteKv({ file: join(dataDir, "kv.db") });
      const other = await build(store);
      replicas.push(async () => {
        await other.server.close(500);
        await other.close();
        await store.close();
      });
      const port = await other.server.listen({ host: "127.0.0.1", port: 0 });
      return { url: `http://127.0.0.1:${port}`, gateway: other };
    },
    async close() {
      for (const closeReplica of replicas) await closeReplica();
      await gateway.server.close(500);
      await gateway.close();
      await workspaces.close();
      await sessionService.close();
      await authzService.close();
      await identityService.close();
      await kv.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

/** A key pair that is not the platform's. */
export const foreignKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
