import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { WorkspaceDetailsSchema } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { SshService, SystemService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { register, startGrpcServer } from "@k8shell/rpc";
import { afterEach, beforeEach, expect, test } from "vitest";
import { remoteDaemon } from "../../src/assemble/remote.ts";
import { createWorkspaceConnector } from "../../src/backends/workspace-connector.ts";
import { loadConfig } from "../../src/config/config.ts";
import { type CertificateFiles, makeCertificateFiles } from "./certificates.ts";

const serverName = "alice-59936c3.workspaces";
const closing: Array<() => Promise<unknown>> = [];
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "k8shell-daemon-ca-"));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await rm(dir, { recursive: true, force: true });
});

/** A daemon that answers a handshake, and sends back what is forwarded to it. */
const serveDaemon = async ({ certFile, keyFile }: CertificateFiles, address = "127.0.0.1:0") => {
  const server = await startGrpcServer({
    address,
    services: [
      register(SystemService, { handshake: () => ({ accepted: true }) }),
      register(SshService, {
        async *portForward(requests) {
          for await (const { request } of requests) {
            if (request.case === "data") yield { data: request.value };
          }
        },
      }),
    ],
    tls: { certFile, keyFile },
  });
  closing.push(() => server.close());
  return server;
};

test("workspaces whose certificates come from a new CA are reached without a restart, and what runs goes on", async () => {
  const [before, after] = ["before", "after"].map((name) =>
    makeCertificateFiles(join(dir, name), [serverName]),
  ) as [CertificateFiles, CertificateFiles];
  const ca = join(dir, "ca.crt");
  await copyFile(before.ca, ca);
  await writeFile(join(dir, "config.yaml"), `k8shelld: {caCertPath: ${ca}}\n`);
  const workspaces = createWorkspaceConnector(remoteDaemon(loadConfig(join(dir, "config.yaml"), {})));
  closing.push(() => workspaces.close());
  const at = ({ address }: { readonly address: string }) =>
    workspaces.connect(
      create(WorkspaceDetailsSchema, {
        name: address,
        namespace: "workspaces",
        podIp: "127.0.0.1",
        port: Number(address.split(":")[1]),
        serverName,
        tlsEnabled: true,
      }),
    );
  /** An open connection into a workspace, which answers what is asked. */
  const forward = (daemon: { readonly address: string }) => {
    let got = "";
    const stream = at(daemon).forward(
      { host: "localhost", port: 80 },
      {
        onData: (bytes) => {
          got += bytes.toString();
        },
        onDrain: () => undefined,
        onClose: (error) => {
          got += ` closed: ${error?.message}`;
        },
      },
    );
    return {
      asks: (text: string) => stream.write(Buffer.from(text)),
      got: () => got,
    };
  };

  const [old, renewed] = [await serveDaemon(before), await serveDaemon(before)];
  expect((await at(old).system.handshake({})).accepted).toBe(true);
  expect((await at(renewed).system.handshake({})).accepted).toBe(true);
  const open = forward(old);
  open.asks("one");
  await expect.poll(open.got).toBe("one");

  await copyFile(after.ca, ca);
  await renewed.close();
  const again = await serveDaemon(after, renewed.address);
  const answers = () =>
    at(again)
      .system.handshake({})
      .then(
        ({ accepted }) => accepted,
        () => false,
      );
  await expect.poll(answers, { timeout: 20_000 }).toBe(true);
  const other = forward(again);
  other.asks("two");
  await expect.poll(other.got).toBe("two");
  // The connection that was made before stays.
  open.asks(" three");
  await expect.poll(open.got).toBe("one three");
});
