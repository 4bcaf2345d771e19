import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "../../test/e2e/free-port.ts";
import { type Running, start } from "../processes.ts";

/** A gateway to measure, and a browser's session on it. */
export interface Platform {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** The platform in parts, and how to call one of them. */
export interface SplitPlatform extends Platform {
  readonly authz: { readonly address: string; readonly ca: string; readonly tokenFile: string };
}

const entry = resolve(import.meta.dirname, "../../dist/k8shell.mjs");
const command = (...args: string[]) => [process.execPath, "--max-semi-space-size=2", entry, ...args];
const quiet = { ...process.env, K8SHELL_LOG_LEVEL: "error" };

/** Goes through the pages as a browser does; resolves to the Cookie header of the session. */
const signIn = async (link: string): Promise<string> => {
  const jar = new Map<string, string>();
  let next: URL | undefined = new URL(link);
  while (next) {
    const cookie = [...jar].map((pair) => pair.join("=")).join("; ");
    const response: Response = await fetch(next, {
      redirect: "manual",
      headers: { accept: "text/html", cookie },
    });
    for (const line of response.headers.getSetCookie()) {
      const [name = "", value = ""] = (line.split(";", 1)[0] ?? "").split("=");
      jar.set(name, value);
    }
    const location = response.headers.get("location");
    next = location && !jar.has("k8shell-session") ? new URL(location, next) : undefined;
  }
  const session = jar.get("k8shell-session");
  if (session === undefined) throw new Error("signing in set no session cookie");
  return `k8shell-session=${session}`;
};

/** Everything in one process, its state in SQLite. */
export const startEmbedded = async (
  wrap: (command: readonly string[]) => readonly string[],
): Promise<Platform> => {
  const dir = await mkdtemp(join(tmpdir(), "k8shell-bench-"));
  const server = start(wrap(command("--data", dir, "--port", "0", "--stop-workspaces")), quiet);
  const stop = async () => {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const link = (await server.line(/\/signin\/once\?/)).trim();
    const url = (await server.line(/^listening on /)).replace("listening on ", "");
    return { url, headers: { cookie: await signIn(link) }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const makeCertificate = (dir: string) => {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: dir, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=CA");
  openssl("req", ...key, "-keyout", "tls.key", "-out", "tls.csr", "-subj", "/CN=service");
  const ca = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"];
  openssl("x509", "-req", "-in", "tls.csr", ...ca, "-out", "tls.crt", "-days", "2", "-extfile", "ext");
};

/**
 * A gateway whose sessions are in NATS and whose Identity and Authz are other processes, reached over gRPC with TLS;
 * Session and Provisioner are embedded.
 * @param wrap adds to the gateway's command; the others run where the machine puts them
 */
export const startSplit = async (
  wrap: (command: readonly string[]) => readonly string[],
): Promise<SplitPlatform> => {
  const dir = await mkdtemp(join(tmpdir(), "k8shell-bench-"));
  const file = (name: string) => join(dir, name);
  const running: Running[] = [];
  const stop = async () => {
    for (const process of running.splice(0).reverse()) await process.stop();
    await rm(dir, { recursive: true, force: true });
  };
  const run = (command: readonly string[]): Running => {
    const started = start(command, quiet);
    running.push(started);
    return started;
  };
  try {
    await writeFile(file("ext"), "subjectAltName=DNS:platform.bench.svc\n");
    makeCertificate(dir);
    await writeFile(file("token"), "bench-token\n");
    const [nats, identity, authz, gateway] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    const url = `http://127.0.0.1:${gateway}`;
    const at = (name: string, port: number) =>
      `${name}: {address: "127.0.0.1:${port}", caCertPath: ${file("ca.crt")}, serverName: platform.bench.svc, tokenFilePath: ${file("token")}}\n`;
    const config =
      `http: {publicUrl: "${url}"}\nnats: {enabled: true, url: "nats://127.0.0.1:${nats}", replicas: 1}\n` +
      at("identity", identity) +
      at("authz", authz);
    await writeFile(file("services.yaml"), config);
    await writeFile(
      file("gateway.yaml"),
      `${config}jwtVerifier: {publicKeyFile: ${file("identity/identity-jwt-public.pem")}}\n`,
    );
    run([
      "nats-server",
      "-a",
      "127.0.0.1",
      "-p",
      String(nats),
      "-js",
      "-sd",
      file("nats"),
      "-l",
      file("nats.log"),
    ]);
    const serve = (name: string, port: number) =>
      run(
        command(
          ...["serve", name, "--listen", `127.0.0.1:${port}`, "--data", file(name)],
          ...["--config", file("services.yaml"), "--token-file", file("token")],
          ...["--tls-cert", file("tls.crt"), "--tls-key", file("tls.key")],
        ),
      );
    const served = [serve("identity", identity), serve("authz", authz)];
    for (const service of served) await service.line(/ listening on /);
    const link = (await served[0]?.line(/^Sign in once: /))?.replace("Sign in once: ", "") ?? "";
    const server = run(
      wrap(command("--data", file("gateway"), "--port", String(gateway), "--config", file("gateway.yaml"))),
    );
    await server.line(/^listening on /);
    return {
      url,
      headers: { cookie: await signIn(link) },
      authz: {
        address: `127.0.0.1:${authz}`,
        ca: await readFile(file("ca.crt"), "utf8"),
        tokenFile: file("token"),
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
