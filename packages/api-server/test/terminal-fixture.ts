import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { silentLog, type WorkspacedConfig } from "@k8shell/contract";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { type ShellRequestSchema, SshService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import { sqliteKv } from "@k8shell/kv";
import { createSession } from "@k8shell/platform/session/index.ts";
import { createPipe, grpcChannel, inProcessChannel } from "@k8shell/rpc";
import pino from "pino";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { interactiveRoutes } from "../src/routes/interactive.ts";
import { openTerminal } from "./terminal-client.ts";
import {
  startDaemon,
  startWorkspaceGateway,
  type TestDaemon,
  type TestGatewayOptions,
  workspaceName,
} from "./workspace-fixture.ts";

/** Session service and KV, as the gateway of one machine has them. */
export const startServices = async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "terminal-"));
  const identity = inProcessChannel([]).client(IdentityService);
  const sessions = await createSession({ dataDir, identity, log: silentLog });
  const kv = sqliteKv({ file: join(dataDir, "kv.db") });
  onTestFinished(async () => {
    await sessions.close();
    await kv.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const session = inProcessChannel(sessions.registrations).client(SessionService);
  return { session, terminals: await kv.bucket("terminals"), owners: await kv.bucket("terminal-owners") };
};

type Services = Awaited<ReturnType<typeof startServices>>;

interface StartOptions extends Partial<Omit<TestGatewayOptions, "routes" | "daemon">> {
  daemon?: TestDaemon;
  services?: Services;
  config?: Partial<WorkspacedConfig>;
  terminalsPerWorkspace?: number;
  sessionRefreshMs?: number;
  lingerMs?: number;
}

/** A workspace behind a gateway that serves terminals, and what tests do with them. */
export const start = async ({
  config,
  terminalsPerWorkspace,
  sessionRefreshMs,
  lingerMs,
  ...options
}: StartOptions = {}) => {
  const daemon = options.daemon ?? (await startDaemon(config));
  const services = options.services ?? (await startServices());
  let idle = async () => {};
  const gateway = await startWorkspaceGateway({
    ...options,
    daemon,
    routes(workspaces) {
      const interactive = interactiveRoutes({
        workspaces,
        ...services,
        terminalsPerWorkspace,
        sessionRefreshMs,
        lingerMs,
        log: pino({ level: "silent" }),
      });
      idle = interactive.idle;
      return interactive.routes;
    },
  });
  const urlOf = (query: Record<string, string> = {}) =>
    `${gateway.url}/api/v1/workspaces/${workspaceName}/interactive?${new URLSearchParams(query)}`;
  const open = (query: Record<string, string> = {}, headers?: Record<string, string>) =>
    openTerminal(urlOf(query), { headers });
  const records = async () => (await services.session.getSessions({ workspace: workspaceName })).sessions;
  return { daemon, services, gateway, open, urlOf, records, idle: () => idle() };
};

/** The status that refuses a WebSocket handshake. @throws Error when it is not refused */
export const refusal = async (
  url: string,
  protocols: string[] = ["cloudshell-v1"],
  headers: Record<string, string> = {},
) =>
  new Promise<number>((resolve, reject) => {
    const socket = new WebSocket(url.replace(/^http/, "ws"), protocols, { headers });
    socket.once("unexpected-response", (_request, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on("error", () => {});
    socket.once("open", () => reject(new Error("opened")));
  });

/** Another client of the workspace's daemon, e.g. over SSH, attaches a detached shell. */
export const attachDirectly = async ({ address }: Pick<TestDaemon, "address">, shellId: string) => {
  const channel = grpcChannel({ address });
  onTestFinished(() => channel.close());
  const ssh = channel.client(SshService);
  const { lockId } = await ssh.acquireSession({ sessionId: shellId });
  const requests = createPipe<MessageInitShape<typeof ShellRequestSchema>>();
  const startRequest = { usePty: true, detachOnClose: true, lockId };
  void requests.write({ request: { case: "startRequest", value: startRequest } });
  const call = new AbortController();
  const stream = ssh.shell(requests, { metadata: { "session-id": shellId }, signal: call.signal });
  await stream[Symbol.asyncIterator]().next();
  return { detach: () => call.abort() };
};
