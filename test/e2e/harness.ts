import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Replicas, startReplicas } from "./replicas.ts";

const root = resolve(import.meta.dirname, "../..");
/** The built server. */
export const bundle = join(root, "dist/k8shell.mjs");

/** A server process started as `npm start` starts it. */
export interface RunningServer {
  readonly url: string;
  readonly dataDir: string;
  /** Everything printed so far. */
  output(): string;
  /** The bare token of <data>/admin.token. */
  adminToken(): Promise<string>;
  /** A request with the admin's token (or `token`; null for none) under /api/v1. */
  api(method: string, path: string, options?: RequestOptions): Promise<Response>;
  /** Sends a signal and resolves to the exit code (null when killed by the signal). */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface RequestOptions {
  token?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export const newDataDir = (): Promise<string> => mkdtemp(join(tmpdir(), "k8shell-e2e-"));

const callApi =
  (url: string, adminToken: () => Promise<string>): RunningServer["api"] =>
  async (method, path, { token, body, headers, signal } = {}) => {
    const bearer = token === undefined ? await adminToken() : token;
    return fetch(`${url}/api/v1${path}`, {
      method,
      redirect: "manual",
      headers: {
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  };

/** An installation of several gateways, or one of its gateways, as if it were one server. */
export const asServer = (
  { output, adminToken, stop, ...replicas }: Replicas,
  dataDir: string,
  url = replicas.url,
): RunningServer => ({ url, dataDir, output, adminToken, stop, api: callApi(url, adminToken) });

/**
 * Starts the server on a free port and waits until it listens. With K8SHELL_E2E=replicas it is an installation of two
 * gateways behind nginx, and all its services.
 */
export const startServerProcess = async (dataDir: string, args: string[] = []): Promise<RunningServer> => {
  if (!existsSync(bundle)) throw new Error("dist/ is missing: run `npm run build` first");
  if (process.env.K8SHELL_E2E === "replicas") {
    return asServer(await startReplicas(bundle, dataDir), dataDir);
  }
  const child: ChildProcess = spawn(process.execPath, [bundle, "--data", dataDir, "--port", "0", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  let text = "";
  const collect = (chunk: Buffer) => {
    text += chunk.toString("utf8");
  };
  child.stdout?.on("data", collect);
  child.stderr?.on("data", collect);
  const exited = once(child, "exit") as Promise<[number | null]>;

  const listening = /listening on (http:\/\/127\.0\.0\.1:\d+)/;
  const url = await new Promise<string>((found, failed) => {
    const timer = setInterval(() => {
      const match = listening.exec(text);
      if (match?.[1]) {
        clearInterval(timer);
        found(match[1]);
      }
    }, 20);
    void exited.then(([code]) => {
      clearInterval(timer);
      failed(new Error(`the server ended with ${code} before it listened:\n${text}`));
    });
  });

  const adminToken = async () => (await readFile(join(dataDir, "admin.token"), "utf8")).trim();
  return {
    url,
    dataDir,
    output: () => text,
    adminToken,
    api: callApi(url, adminToken),
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      const [code] = await exited;
      return code;
    },
  };
};

/** Stops a server and everything in its workspaces, and removes its data. */
export const discard = async (server: RunningServer): Promise<void> => {
  const response = await server.api("GET", "/workspaces?all=true");
  for (const { name } of (await response.json()) as Array<{ name: string }>) {
    await (await server.api("DELETE", `/workspaces/${name}?delete=true`)).arrayBuffer();
  }
  await server.stop();
  await rm(server.dataDir, { recursive: true, force: true });
};

/** Polls until `probe` gives a value. The test's own timeout bounds it. */
export const eventually = async <T>(probe: () => Promise<T | undefined> | T | undefined): Promise<T> => {
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    await new Promise((next) => setTimeout(next, 50));
  }
};

export interface JobEvent {
  id: number;
  type: string;
  message?: string;
  status?: string;
  timestamp?: string;
}

/** Creates a workspace and follows its job over SSE to the end. */
export const createWorkspace = async (
  server: RunningServer,
  body: { username: string; blueprint?: string; repoName?: string; repoOwner?: string; repoRef?: string },
  token?: string,
): Promise<{ workspace: string; jobId: string; monitorUrl: string; events: JobEvent[] }> => {
  const created = await server.api("POST", "/workspaces", { body, token });
  if (created.status !== 202) throw new Error(`create answered ${created.status}: ${await created.text()}`);
  const job = (await created.json()) as { workspace: string; jobId: string; monitorUrl: string };
  const stream = await fetch(new URL(job.monitorUrl, server.url), {
    headers: { authorization: `Bearer ${token ?? (await server.adminToken())}`, accept: "text/event-stream" },
  });
  const events = (await stream.text())
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => JSON.parse(line.slice(5)) as JobEvent);
  return { ...job, events };
};
