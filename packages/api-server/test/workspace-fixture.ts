import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import type { WorkspacedConfig } from "@k8shell/contract";
import { WorkspaceDetailsSchema } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { createDaemon, serveDaemon } from "@k8shell/workspaced";
import pino from "pino";
import { onTestFinished } from "vitest";
import type { Principal } from "../src/auth/principal.ts";
import type { Action } from "../src/authz/authorize.ts";
import { createWorkspaceConnector } from "../src/backends/workspace-connector.ts";
import { ApiError } from "../src/http/api-error.ts";
import type { BoundRoute, ResourceRef } from "../src/http/handler.ts";
import { createHttpServer, type HttpLimits } from "../src/http/server.ts";
import { createLiveConnections } from "../src/live/live-connections.ts";

export const workspaceName = "alice-59936c3";

export interface TestDaemon {
  readonly home: string;
  readonly address: string;
  readonly config: WorkspacedConfig;
}

/**
 * A real workspace daemon in this process, served over gRPC on a unix socket.
 * @param blocks false: as a daemon that has never heard of blocks
 */
export const runDaemon = async (
  changes: Partial<WorkspacedConfig> = {},
  { blocks = true }: { readonly blocks?: boolean } = {},
): Promise<TestDaemon & { close(): Promise<void> }> => {
  const directory = await mkdtemp(join(tmpdir(), "gateway-"));
  const home = join(directory, "home");
  await mkdir(home);
  await writeFile(join(home, ".bash_profile"), "PS1='$ '\nset +o history\n");
  await writeFile(join(home, ".hushlogin"), "");
  const config: WorkspacedConfig = {
    workspace: workspaceName,
    listen: join(directory, "daemon.sock"),
    username: "alice",
    home,
    shell: "/bin/bash",
    hostname: "dev",
    env: {},
    initScripts: [],
    showInitScriptStatus: false,
    shells: { allowSessionDetach: true, detachTimeoutSeconds: 1800 },
    ignoreOrphans: false,
    enableApps: false,
    apps: [],
    stateDir: join(directory, "state"),
    ...changes,
  };
  const daemon = await createDaemon({ config, writeLog: () => {} });
  const served = blocks ? daemon : { ...daemon, blocks: [] };
  const server = await serveDaemon(served, config, () => {});
  return {
    home,
    address: `unix:${config.listen}`,
    config,
    async close() {
      await server.close();
      await daemon.close();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

/** The same for one test. */
export const startDaemon = async (...options: Parameters<typeof runDaemon>): Promise<TestDaemon> => {
  const daemon = await runDaemon(...options);
  onTestFinished(() => daemon.close());
  return daemon;
};

export const alice: Principal = {
  username: "alice",
  org: "acme",
  roles: [],
  jwt: "header.claims.signature",
  credential: { kind: "session", sessionId: "web-session-1" },
};

export interface TestGatewayOptions {
  readonly daemon: Pick<TestDaemon, "address">;
  readonly routes: (workspaces: ReturnType<typeof createWorkspaceConnector>) => readonly BoundRoute[];
  readonly principal?: Principal;
  /** Others, who say who they are in the header `x-test-user`. */
  readonly principals?: readonly Principal[];
  /** Throws to deny. */
  readonly authorize?: (action: Action, resource: ResourceRef) => void;
  readonly limits?: Partial<HttpLimits>;
}

/** The gateway's HTTP server on a free port, in front of one workspace; everybody is `principal`. */
export const startWorkspaceGateway = async ({
  daemon,
  routes,
  principal = alice,
  principals = [],
  authorize,
  limits,
}: TestGatewayOptions) => {
  const workspaces = createWorkspaceConnector(() => ({ address: daemon.address }));
  const workspace = create(WorkspaceDetailsSchema, {
    name: workspaceName,
    username: "alice",
    namespace: "local",
    blueprint: "dev",
    workspaceStatus: { status: "Running" },
  });
  const live = createLiveConnections();
  const server = createHttpServer({
    authenticate: ({ headers }) =>
      principals.find(({ username }) => username === headers["x-test-user"]) ?? principal,
    async authorize(_principal, action, resource) {
      authorize?.(action, resource);
      return {};
    },
    lookup: {
      workspace: async (name) => (name === workspaceName ? workspace : undefined),
      job: async () => undefined,
    },
    live,
    origins: { publicOrigins: new Set() },
    routes: routes(workspaces),
    limits,
    log: pino({ level: "silent" }),
  });
  const port = await server.listen({ host: "127.0.0.1", port: 0 });
  const close = async () => {
    await server.close(1_000);
    await workspaces.close();
  };
  let closed: Promise<void> | undefined;
  const closeOnce = () => {
    closed ??= close();
    return closed;
  };
  onTestFinished(closeOnce);
  return { server, live, port, url: `http://127.0.0.1:${port}`, close: closeOnce };
};

export const forbid = (action: string) => (asked: Action) => {
  if (asked.scope.startsWith(action)) throw new ApiError("forbidden", "no");
};

/** Waits for something to become true; the test's own limit ends a wait in vain. */
export const eventually = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
};

/** Resident memory of a process (this one by default), bytes, sampled until `stop`; the result is the growth. */
export const watchMemory = () => {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  return {
    stop: () => {
      clearInterval(timer);
      return Math.max(peak, process.memoryUsage.rss()) - before;
    },
  };
};
