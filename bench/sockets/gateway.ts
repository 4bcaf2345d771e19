// The gateway's HTTP server, WebSockets, terminal hub and gRPC channels in a process of their own, in front of daemons that
// are not provisioned: `gateway.ts DIRECTORY ADDRESS...`. Whoever comes is the owner of every workspace.
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { silentLog } from "@k8shell/contract";
import { WorkspaceDetailsSchema } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import { sqliteKv } from "@k8shell/kv";
import { createSession } from "@k8shell/platform/session/index.ts";
import { inProcessChannel } from "@k8shell/rpc";
import pino from "pino";
import { createWorkspaceConnector } from "../../packages/api-server/src/backends/workspace-connector.ts";
import { createHttpServer } from "../../packages/api-server/src/http/server.ts";
import { createLiveConnections } from "../../packages/api-server/src/live/live-connections.ts";
import { interactiveRoutes } from "../../packages/api-server/src/routes/interactive.ts";
import { terminalsOfWorkspace } from "./load.ts";

const [dataDir = "", ...addresses] = process.argv.slice(2);
const kv = sqliteKv({ file: join(dataDir, "kv.db") });
const identity = inProcessChannel([]).client(IdentityService);
const sessions = await createSession({ dataDir, identity, log: silentLog });
const nameOf = (index: number) => `bench-${index}`;
const indexOf = (name: string) => Number(name.split("-")[1]);
const workspaces = createWorkspaceConnector(({ name }) => ({ address: addresses[indexOf(name)] ?? "" }));
const log = pino({ level: "error" });
const interactive = interactiveRoutes({
  workspaces,
  session: inProcessChannel(sessions.registrations).client(SessionService),
  terminals: await kv.bucket("terminals"),
  owners: await kv.bucket("terminal-owners"),
  terminalsPerWorkspace: terminalsOfWorkspace + 1,
  log,
});
const server = createHttpServer({
  authenticate: () => ({
    username: "bench",
    org: "bench",
    roles: [],
    jwt: "header.claims.signature",
    credential: { kind: "session", sessionId: "bench" },
  }),
  authorize: async () => ({}),
  lookup: {
    workspace: async (name) =>
      addresses[indexOf(name)] === undefined
        ? undefined
        : create(WorkspaceDetailsSchema, {
            name,
            username: "bench",
            namespace: "local",
            blueprint: "dev",
            workspaceStatus: { status: "Running" },
          }),
    job: async () => undefined,
  },
  live: createLiveConnections({
    limits: { socketsPerUser: 10_000, sockets: 10_000, streamsPerUser: 100, streams: 100 },
  }),
  origins: { publicOrigins: new Set() },
  routes: interactive.routes,
  log,
});
const port = await server.listen({ host: "127.0.0.1", port: 0 });
console.log(
  `listening ${JSON.stringify(addresses.map((_, index) => `ws://127.0.0.1:${port}/api/v1/workspaces/${nameOf(index)}/interactive`))}`,
);
