import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type CertificateFiles,
  makeCertificateFiles,
} from "../../packages/api-server/test/remote/certificates.ts";
import { natsServer } from "../../packages/kv/test/nats-server.ts";
import { freePort } from "./free-port.ts";
import { type Front, startFront } from "./front.ts";

/** Several gateways on one NATS behind nginx, with every service of the platform in a process of its own. */
export interface Replicas {
  /** Address of the front. */
  readonly url: string;
  /** Address of each gateway. */
  readonly gateways: readonly string[];
  /** Everything that any process printed. */
  output(): string;
  adminToken(): Promise<string>;
  /** Kills one gateway with SIGKILL. */
  killGateway(index: number): Promise<void>;
  /** Ends every process with `signal`; what they keep stays. Resolves to the exit code of the first gateway. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

interface Process {
  /** Resolves when it has printed that it listens. */
  readonly listening: Promise<void>;
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

const services = ["identity", "authz", "session", "provisioner"] as const;

/**
 * Starts the installation on a directory, or starts it again on what an earlier one left there.
 * @param bundle the built server
 */
export const startReplicas = async (bundle: string, dataDir: string, count = 2): Promise<Replicas> => {
  const at = (...path: string[]) => join(dataDir, ...path);
  let text = "";
  const run = (name: string, args: readonly string[]): Process => {
    const child: ChildProcess = spawn(process.execPath, [bundle, ...args, "--logtext"], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NODE_ENV: "production" },
    });
    const listening = Promise.withResolvers<void>();
    let own = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        own += chunk;
        text += chunk;
        if (/listening on \S+\s/.test(own)) listening.resolve();
      });
    }
    const exited = once(child, "exit").then(([code]): number | null =>
      typeof code === "number" ? code : null,
    );
    void exited.then((code) => listening.reject(new Error(`${name} ended with ${code}:\n${own}`)));
    listening.promise.catch(() => undefined);
    return {
      listening: listening.promise,
      async stop(signal) {
        child.kill(signal);
        return exited;
      },
    };
  };

  await mkdir(dataDir, { recursive: true });
  const certificates: CertificateFiles = makeCertificateFiles(at("tls"), ["platform.test.svc", "127.0.0.1"]);
  await writeFile(at("token"), "service-token\n");
  const nats = await natsServer([], {}, at("nats"));
  await nats.start();
  const [frontPort = 0, ...gatewayPorts] = await Promise.all(
    Array.from({ length: count + 1 }, () => freePort()),
  );
  const ports = await Promise.all(services.map(() => freePort()));
  const url = `http://127.0.0.1:${frontPort}`;

  const config = at("config.yaml");
  const remote = services.map(
    (name, i) =>
      `${name}: {address: "127.0.0.1:${ports[i]}", caCertPath: ${certificates.ca}, serverName: platform.test.svc, tokenFilePath: ${at("token")}}`,
  );
  await writeFile(
    config,
    [
      `http: {publicUrl: "${url}"}`,
      `nats: {enabled: true, url: "${nats.url}", replicas: 1}`,
      ...remote,
      `jwtVerifier: {signingMethod: es256, publicKeyFile: ${at("identity", "identity-jwt-public.pem")}}`,
      `k8shelld: {caCertPath: ${certificates.ca}, tokenFilePath: ${at("token")}}`,
      "",
    ].join("\n"),
  );

  const running: Process[] = services.map((name, i) =>
    run(name, [
      ...["serve", name, "--listen", `127.0.0.1:${ports[i]}`, "--data", at(name), "--config", config],
      ...["--tls-cert", certificates.certFile, "--tls-key", certificates.keyFile],
      ...["--token-file", at("token")],
    ]),
  );
  let front: Front | undefined;
  const stop = async (signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> => {
    await front?.stop();
    // Gateways first, services after them.
    const [code = null] = await Promise.all(running.slice(services.length).map((one) => one.stop(signal)));
    await Promise.all(running.slice(0, services.length).map((one) => one.stop(signal)));
    await nats.stop();
    return code;
  };
  try {
    await Promise.all(running.map(({ listening }) => listening));
    const gateways: Process[] = gatewayPorts.map((port, i) =>
      run(`gateway ${i}`, ["--data", at(`gateway-${i}`), "--port", String(port), "--config", config]),
    );
    running.push(...gateways);
    await Promise.all(gateways.map(({ listening }) => listening));
    const backends = gatewayPorts.map((port) => `127.0.0.1:${port}`);
    front = await startFront(at("nginx"), frontPort, backends);
    return {
      url,
      gateways: backends.map((backend) => `http://${backend}`),
      output: () => text,
      adminToken: async () => (await readFile(at("identity", "admin.token"), "utf8")).trim(),
      async killGateway(index) {
        await gateways[index]?.stop("SIGKILL");
      },
      stop,
    };
  } catch (error) {
    await stop("SIGKILL");
    throw error;
  }
};
