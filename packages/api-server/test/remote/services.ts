import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { freePort } from "../../../../test/e2e/free-port.ts";
import { type CoreService, type RunningService, startService } from "../../src/assemble/serve/service.ts";
import { type RunningServer, startServer } from "../../src/assemble.ts";
import { type Config, loadConfig } from "../../src/config/config.ts";
import { bearer, type Credentials } from "../assembled.ts";
import { type CertificateFiles, makeCertificateFiles } from "./certificates.ts";

export const coreServices: readonly CoreService[] = ["identity", "authz", "session", "provisioner"];

/** The platform in several parts, each reached over TCP with TLS and a token, as if on machines of their own. */
export interface SplitPlatform {
  readonly server: RunningServer;
  readonly services: ReadonlyMap<CoreService, RunningService>;
  readonly certificates: CertificateFiles;
  readonly tokenFile: string;
  readonly address: (service: CoreService) => string;
  readonly admin: Credentials;
  /** A link that signs the administrator in once. */
  readonly signInLink: string;
  request(method: string, path: string, credentials?: Credentials, body?: unknown): Promise<Response>;
  /** Stops one service. */
  stop(service: CoreService): Promise<void>;
  /** Starts it again at the same address. */
  start(service: CoreService): Promise<void>;
  close(): Promise<void>;
}

export interface SplitPlatformOptions {
  /** Services that the gateway reaches over gRPC; the others are embedded in it. Identity and Authz are always served. */
  readonly remote: readonly CoreService[];
  /** Deadline of the gateway's calls, seconds (default: the product's). */
  readonly timeoutSeconds?: number;
  /** Where the gateway finds a service instead of at its own address, e.g. behind a proxy. */
  readonly via?: (service: CoreService, address: string) => Promise<string> | string;
}

/** Starts the services and a gateway, all in this process and each on a data directory of its own kind. */
export const startSplitPlatform = async (options: SplitPlatformOptions): Promise<SplitPlatform> => {
  const { remote, via, timeoutSeconds = 10 } = options;
  const dir = await mkdtemp(join(tmpdir(), "k8shell-split-"));
  const log = pino({ level: "silent" });
  const certificates = makeCertificateFiles(join(dir, "tls"), ["platform.test.svc", "127.0.0.1"]);
  const tokenFile = join(dir, "token");
  const tokens = join(dir, "accepted");
  await writeFile(tokenFile, "gateway-token\n");
  await writeFile(tokens, "# the gateway and the services\ngateway-token\n");
  const ports = new Map<CoreService, number>();
  for (const name of coreServices) ports.set(name, await freePort());
  const gatewayPort = await freePort();
  const publicUrl = `http://127.0.0.1:${gatewayPort}`;
  const address = (name: CoreService) => `127.0.0.1:${ports.get(name)}`;

  const block = (name: CoreService, at: string) =>
    `${name}: {address: "${at}", caCertPath: ${certificates.ca}, serverName: platform.test.svc, tokenFilePath: ${tokenFile}, timeoutSeconds: ${timeoutSeconds}}\n`;
  const write = async (name: string, text: string): Promise<Config> => {
    const file = join(dir, `${name}.yaml`);
    await writeFile(file, `http: {publicUrl: "${publicUrl}"}\n${text}`);
    return loadConfig(file, {});
  };
  const peers = await write(
    "services",
    block("identity", address("identity")) + block("authz", address("authz")),
  );

  const services = new Map<CoreService, RunningService>();
  const start = async (service: CoreService): Promise<void> => {
    const running = await startService({
      service,
      listen: address(service),
      // The provisioner shares the gateway's directory for its job records, as on one machine without NATS.
      dataDir: join(dir, service === "provisioner" ? "gateway" : service),
      config: peers,
      tls: { certFile: certificates.certFile, keyFile: certificates.keyFile, refreshMs: 100 },
      tokenFiles: [tokens],
      stopWorkspaces: true,
      log,
    });
    services.set(service, running);
  };
  // Identity and Authz ask each other; whoever comes first waits for the other.
  for (const name of ["identity", "authz"] as const) await start(name);
  for (const name of remote) if (!services.has(name)) await start(name);

  const lines: string[] = [];
  for (const name of remote) {
    lines.push(block(name, (await via?.(name, address(name))) ?? address(name)));
  }
  const config = await write(
    "gateway",
    `${lines.join("")}k8shelld: {caCertPath: ${certificates.ca}, tokenFilePath: ${tokenFile}}\n${
      remote.includes("identity")
        ? `jwtVerifier: {publicKeyFile: ${join(dir, "identity", "identity-jwt-public.pem")}}\n`
        : ""
    }`,
  );
  const server = await startServer({
    dataDir: join(dir, "gateway"),
    port: gatewayPort,
    config,
    stopWorkspaces: true,
    version: "0.0.0-test",
    log,
  });
  const identityDir = remote.includes("identity") ? "identity" : "gateway";
  const admin = bearer((await readFile(join(dir, identityDir, "admin.token"), "utf8")).trim());
  const note = services.get("identity")?.notes.find(([name]) => name === "Sign in once")?.[1] ?? "";

  return {
    server,
    services,
    certificates,
    tokenFile,
    address,
    admin,
    signInLink: remote.includes("identity") ? note : (server.oneTimeLink ?? ""),
    request: (method, path, credentials, body) =>
      fetch(`${server.url}${path}`, {
        method,
        redirect: "manual",
        headers: { ...credentials, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        body: body === undefined ? undefined : JSON.stringify(body),
      }),
    async stop(service) {
      await services.get(service)?.close();
      services.delete(service);
    },
    start,
    async close() {
      await server.close();
      // Those that ask others first.
      for (const name of [...coreServices].reverse()) await services.get(name)?.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
};
