import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../test/e2e/free-port.ts";
import { pinned, type Running, start } from "../processes.ts";

/** A server of the benchmark and how to end it. */
export interface Peer {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Size of the large body, bytes. */
export const largeBytes = 100_000_000;

const chpVersion = "5.3.0";

const answers = async (port: number): Promise<void> => {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/small`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing answers on port ${port}`);
};

const startNginx = async (core: number, server: (port: number) => string, upstream = ""): Promise<Peer> => {
  if (spawnSync("nginx", ["-v"]).error) throw new Error("nginx is missing: apt-get install nginx-light");
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), "k8shell-bench-nginx-"));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${directory}/${name};`)
    .join(" ");
  await mkdir(join(directory, "www"));
  await writeFile(join(directory, "www/large"), Buffer.alloc(largeBytes, "x"));
  // Its workers would become another user, who may not read the directory.
  const user = process.getuid?.() === 0 ? "user root;" : "";
  const config = `${user} worker_processes 1; daemon off; error_log ${directory}/error.log; pid ${directory}/pid;
    events { worker_connections 1024; }
    http { access_log off; keepalive_requests 100000000; sendfile on; tcp_nopush on; ${temporary} ${upstream}
      server { listen 127.0.0.1:${port}; root ${directory}/www; ${server(port)} } }`;
  await writeFile(join(directory, "nginx.conf"), config);
  const running: Running = start(
    pinned(core, ["nginx", "-p", directory, "-c", join(directory, "nginx.conf")]),
  );
  const stop = async () => {
    await running.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await answers(port);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, pid: running.child.pid ?? 0, stop };
};

/** The app: nginx with a small answer and a large file. */
export const startApp = (core: number): Promise<Peer> =>
  startNginx(core, () => 'location = /small { default_type text/plain; return 200 "hello, world\\n"; }');

/** nginx in front of the app, with kept connections and without buffering, as the gateway does it. */
export const startNginxProxy = (core: number, app: Peer): Promise<Peer> =>
  startNginx(
    core,
    () =>
      'location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }',
    `upstream app { server 127.0.0.1:${app.port}; keepalive 64; }`,
  );

/** JupyterHub's configurable-http-proxy, installed into a cache of its own on first use. */
export const startConfigurableHttpProxy = async (core: number, app: Peer): Promise<Peer> => {
  const directory = join(tmpdir(), `k8shell-bench-chp-${chpVersion}`);
  const script = join(directory, "node_modules/configurable-http-proxy/bin/configurable-http-proxy");
  if (!existsSync(script)) {
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "package.json"), "{}");
    const args = ["install", "--no-audit", "--no-fund", `configurable-http-proxy@${chpVersion}`];
    execFileSync("npm", args, { cwd: directory, stdio: ["ignore", "ignore", "inherit"] });
  }
  const [port, api] = [await freePort(), await freePort()];
  const running = start(
    pinned(core, [
      process.execPath,
      script,
      ...["--ip", "127.0.0.1", "--port", String(port), "--api-ip", "127.0.0.1", "--api-port", String(api)],
      ...["--default-target", `http://127.0.0.1:${app.port}`, "--log-level", "error"],
    ]),
    { ...process.env, CONFIGPROXY_AUTH_TOKEN: "benchmark" },
  );
  try {
    await answers(port);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return { port, pid: running.child.pid ?? 0, stop: () => running.stop() };
};
