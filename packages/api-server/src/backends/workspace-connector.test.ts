import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { create } from "@bufbuild/protobuf";
import { WorkspaceDetailsSchema } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { SystemService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { register, startGrpcServer } from "@k8shell/rpc";
import { afterEach, expect, test } from "vitest";
import type { WorkspaceConnector } from "./backends.ts";
import { createWorkspaceConnector } from "./workspace-connector.ts";

const closing: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A daemon behind a pipe that knows its connections. */
const daemon = async (version: string) => {
  const server = await startGrpcServer({
    address: "127.0.0.1:0",
    services: [register(SystemService, { handshake: () => ({ serverVersion: version, accepted: false }) })],
  });
  const clients = new Set<Socket>();
  const pipe = createServer((client) => {
    const upstream = connect(Number(server.address.split(":")[1]), "127.0.0.1");
    clients.add(client);
    client.on("error", () => undefined);
    client.on("close", () => {
      clients.delete(client);
      upstream.destroy();
    });
    client.pipe(upstream).pipe(client);
  }).listen(0, "127.0.0.1");
  await once(pipe, "listening");
  closing.push(async () => {
    for (const client of clients) client.destroy();
    pipe.close();
    await server.close();
  });
  return {
    port: (pipe.address() as AddressInfo).port,
    connections: () => clients.size,
    reset: () => {
      for (const client of clients) client.resetAndDestroy();
    },
  };
};

const connector = (idleMs?: number): WorkspaceConnector => {
  const made = createWorkspaceConnector(
    ({ podIp, port }) => (podIp === "" ? undefined : { address: `${podIp}:${port}` }),
    [],
    idleMs,
  );
  closing.push(() => made.close());
  return made;
};
const workspace = (port: number, podIp = "127.0.0.1") =>
  create(WorkspaceDetailsSchema, { name: "alice-a975fae", namespace: "workspaces", podIp, port });
const versionAt = async (workspaces: WorkspaceConnector, port: number) =>
  (await workspaces.connect(workspace(port)).system.handshake({})).serverVersion;

test("a workspace has one connection, dropped when its address changes and when it is stopped", async () => {
  const [first, second] = [await daemon("first"), await daemon("second")];
  const workspaces = connector();
  expect(await versionAt(workspaces, first.port)).toBe("first");
  expect(await versionAt(workspaces, first.port)).toBe("first");
  expect(first.connections()).toBe(1);
  expect(await versionAt(workspaces, second.port)).toBe("second");
  await expect.poll(first.connections).toBe(0);
  expect(() => workspaces.connect(workspace(second.port, ""))).toThrow(/is not running/);
  await expect.poll(second.connections).toBe(0);
});

test("an idle connection is closed, and whoever still has the client connects again", async () => {
  const idle = await daemon("idle");
  const { system } = connector(1_000).connect(workspace(idle.port));
  await system.handshake({});
  expect(idle.connections()).toBe(1);
  // grpc-js lets go of unused connections every ten seconds.
  await expect.poll(idle.connections, { interval: 200 }).toBe(0);
  expect((await system.handshake({})).serverVersion).toBe("idle");
});

test("a question that a lost connection took along is asked again", async () => {
  const lost = await daemon("lost");
  const { system } = connector().connect(workspace(lost.port));
  await system.handshake({});
  const asked = system.handshake({});
  lost.reset();
  expect((await asked).serverVersion).toBe("lost");
});
