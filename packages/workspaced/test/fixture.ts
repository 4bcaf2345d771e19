import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { WorkspacedConfig } from "@k8shell/contract";
import { AppService, SshService, SystemService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { type Channel, createPipe, grpcChannel, inProcessChannel, RpcError } from "@k8shell/rpc";
import { onTestFinished } from "vitest";
import { createDaemon } from "../src/daemon.ts";
import { serveDaemon } from "../src/serve.ts";

/** A workspace on this machine, in a directory of its own. */
export interface TestWorkspace {
  directory: string;
  home: string;
  config: WorkspacedConfig;
  logs: string[];
}

/** Makes directories and a configuration; removed after the test. */
export const createWorkspace = async (changes: Partial<WorkspacedConfig> = {}): Promise<TestWorkspace> => {
  const directory = await mkdtemp(join(tmpdir(), "workspaced-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  const home = join(directory, "home");
  await mkdir(home);
  await writeFile(join(home, ".profile"), "PS1='$ '\nset +o history\n");
  await writeFile(join(home, ".hushlogin"), "");
  await writeFile(join(directory, "token"), `${randomBytes(16).toString("hex")}\n`);
  const config: WorkspacedConfig = {
    workspace: "alice-59936c3",
    listen: join(directory, "daemon.sock"),
    tokenFile: join(directory, "token"),
    username: "alice",
    home,
    shell: "/bin/bash",
    hostname: "dev",
    env: {},
    initScripts: [],
    showInitScriptStatus: false,
    shells: { allowSessionDetach: true, detachTimeoutSeconds: 1800 },
    ignoreOrphans: false,
    enableApps: true,
    apps: [],
    stateDir: join(directory, "state"),
    ...changes,
  };
  return { directory, home, config, logs: [] };
};

/** Clients of every service of a daemon. */
export const clientsOf = (channel: Channel) => ({
  channel,
  ssh: channel.client(SshService),
  system: channel.client(SystemService),
  apps: channel.client(AppService),
});

/** Starts a daemon in this process, reached without serialization. */
export const startDaemon = async (
  changes: Partial<WorkspacedConfig> = {},
  options: { sweepIntervalMs?: number } = {},
) => {
  const workspace = await createWorkspace(changes);
  const daemon = await createDaemon({
    config: workspace.config,
    writeLog: (line) => workspace.logs.push(line),
    ...options,
  });
  const channel = inProcessChannel(daemon.registrations);
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await channel.close();
    await daemon.close();
  };
  onTestFinished(close);
  return { ...workspace, ...clientsOf(channel), daemon, close };
};

/** Starts a daemon in this process, reached over gRPC on its unix socket. */
export const startGrpcDaemon = async (changes: Partial<WorkspacedConfig> = {}) => {
  const workspace = await createWorkspace(changes);
  const daemon = await createDaemon({
    config: workspace.config,
    writeLog: (line) => workspace.logs.push(line),
  });
  const server = await serveDaemon(daemon, workspace.config, (error) => workspace.logs.push(String(error)));
  const channel = grpcChannel({
    address: `unix:${workspace.config.listen}`,
    tokenFile: workspace.config.tokenFile,
  });
  onTestFinished(async () => {
    await channel.close();
    await server.close();
    await daemon.close();
  });
  return { ...workspace, ...clientsOf(channel), channel, daemon, server };
};

type Ssh = ReturnType<typeof clientsOf>["ssh"];
type ShellInput = Parameters<Ssh["shell"]>[0] extends AsyncIterable<infer T> ? T : never;

/** A client's end of one Shell call. */
export const openShell = (
  ssh: Ssh,
  id: string,
  start: NonNullable<Extract<NonNullable<ShellInput["request"]>, { case: "startRequest" }>["value"]> = {},
) => {
  const requests = createPipe<ShellInput>();
  const abort = new AbortController();
  void requests.write({
    request: { case: "startRequest", value: { usePty: true, width: 80, height: 24, ...start } },
  });
  const responses = ssh
    .shell(requests, { metadata: { "session-id": id }, signal: abort.signal })
    [Symbol.asyncIterator]();
  let text = "";
  let pty: string | undefined;
  const bytes: Uint8Array[] = [];

  /** Takes the next frame; false at the end of the stream. */
  const step = async (): Promise<boolean> => {
    const { value, done } = await responses.next();
    if (done) return false;
    if (value.response.case === "startResponse") pty = value.response.value.pty;
    if (value.response.case === "data") {
      bytes.push(value.response.value);
      text += Buffer.from(value.response.value).toString("latin1");
    }
    return true;
  };
  return {
    get text() {
      return text;
    },
    get pty() {
      return pty;
    },
    get bytes() {
      return Buffer.concat(bytes);
    },
    step,
    /** Waits for the start response. */
    async started() {
      while (pty === undefined && (await step()));
      return pty;
    },
    type: (input: string | Uint8Array) =>
      requests.write({
        request: { case: "data", value: typeof input === "string" ? Buffer.from(input) : input },
      }),
    /** Reads until the output holds `wanted`; fails at the end of the stream. */
    async until(wanted: string | RegExp) {
      const found = () => (typeof wanted === "string" ? text.includes(wanted) : wanted.test(text));
      while (!found()) {
        if (!(await step())) throw new Error(`stream ended before ${wanted}: ${JSON.stringify(text)}`);
      }
      return text;
    },
    /** Reads to the end of the stream. */
    async rest() {
      while (await step());
      return text;
    },
    halfClose: () => requests.end(),
    cancel: () => abort.abort(),
  };
};

/** Collects the frames of one Exec call. */
export const exec = async (
  ssh: Ssh,
  command: string,
  options: {
    id?: string;
    input?: string | AsyncIterable<Uint8Array>;
    signal?: AbortSignal;
    shellBinary?: string;
    envVars?: string[];
    asUser?: string;
    /** Sent as soon as there is output. */
    thenSignal?: string;
  } = {},
) => {
  const stdout: Uint8Array[] = [];
  const stderr: Uint8Array[] = [];
  let exitCode: number | undefined;
  let largest = 0;
  let output = () => {};
  const seen = new Promise<void>((resolve) => {
    output = resolve;
  });
  const requests = async function* () {
    yield {
      request: {
        case: "commandDetails" as const,
        value: {
          command,
          shellBinary: options.shellBinary ?? "",
          envVars: options.envVars ?? [],
          asUser: options.asUser ?? "",
        },
      },
    };
    const { input = "" } = options;
    if (typeof input === "string") {
      if (input !== "") yield { request: { case: "input" as const, value: Buffer.from(input) } };
    } else {
      for await (const value of input) yield { request: { case: "input" as const, value } };
    }
    if (options.thenSignal !== undefined) {
      await seen;
      yield { request: { case: "signal" as const, value: options.thenSignal } };
    }
  };
  const id = options.id ?? `ex-${randomBytes(6).toString("hex")}`;
  const call = ssh.exec(requests(), { metadata: { "exec-id": id }, signal: options.signal });
  for await (const { response } of call) {
    if (exitCode !== undefined) throw new Error("a frame came after the exit code");
    if (response.case === "exitCode") exitCode = response.value;
    if (response.case === "stdout") stdout.push(response.value);
    if (response.case === "stderr") stderr.push(response.value);
    if (response.case === "stdout" || response.case === "stderr") {
      largest = Math.max(largest, response.value.length);
      output();
    }
  }
  return {
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
    exitCode,
    largest,
  };
};

/** The status a call fails with. */
export const failure = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof RpcError) return error.status;
    throw error;
  }
  return "Ok";
};

/** Waits for something to become true; the test's own limit ends a wait in vain. */
export const eventually = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await condition())) await sleep(20);
};
