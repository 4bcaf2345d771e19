import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { SignInPagesService } from "@k8shell/contract/gen/k8shell/signin/v1/signin_pb.js";
import { SystemService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { Code, type GrpcChannelOptions, grpcChannel } from "@k8shell/rpc";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CertificateFiles, makeCertificateFiles } from "./certificates.ts";

const entry = resolve(import.meta.dirname, "../../src/main.ts");
const children: ChildProcess[] = [];
let dir: string;
let certificates: CertificateFiles;
const file = (name: string) => join(dir, name);

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "k8shell-serve-"));
  certificates = makeCertificateFiles(file("tls"), ["identity.test.svc"]);
  await writeFile(file("token"), "the-token\n");
  await writeFile(
    file("config.yaml"),
    "http: {publicUrl: https://k8shell.example.org}\nauthz: {address: 127.0.0.1:1}\nidentity: {address: 127.0.0.1:1}\n",
  );
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }
  await rm(dir, { recursive: true, force: true });
});

const serve = (...args: string[]) => {
  const child = spawn(process.execPath, [entry, "serve", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  let output = "";
  const exited = once(child, "exit").then(([code]: unknown[]) => code);
  const listening = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => {
      output += chunk;
      const address = /listening on (\S+)$/m.exec(output)?.[1];
      if (address) listening.resolve(address);
    });
  }
  void exited.then((code) => listening.reject(new Error(`ended with ${code}: ${output}`)));
  listening.promise.catch(() => undefined);
  return { child, exited, address: listening.promise, output: () => output };
};

const identityArgs = (...more: string[]) => [
  ...["identity", "--listen", "127.0.0.1:0", "--data", file("data"), "--config", file("config.yaml")],
  ...["--token-file", file("token"), "--logtext", ...more],
];

const withChannel = async <T>(
  options: GrpcChannelOptions,
  use: (channel: ReturnType<typeof grpcChannel>) => Promise<T>,
): Promise<T> => {
  const channel = grpcChannel({ defaultTimeoutMs: 5_000, ...options });
  try {
    return await use(channel);
  } finally {
    await channel.close();
  }
};

test("a served Identity answers over TLS whoever has the token, tells the operator how to begin and stops with 0", async () => {
  const identity = serve(
    ...identityArgs("--tls-cert", certificates.certFile, "--tls-key", certificates.keyFile),
  );
  const address = await identity.address;
  const tls = { ca: await readFile(certificates.ca, "utf8"), serverName: "identity.test.svc" };
  const find = (options: Partial<GrpcChannelOptions>) =>
    withChannel({ address, ...options }, (channel) =>
      channel.client(IdentityService).findUser({ username: "admin" }),
    );

  expect((await find({ ...tls, tokenFile: file("token") })).roles).toEqual(["admin"]);
  await expect(find(tls)).rejects.toMatchObject({ code: Code.Unauthenticated });
  await writeFile(file("wrong"), "the-tokem");
  await expect(find({ ...tls, tokenFile: file("wrong") })).rejects.toMatchObject({
    code: Code.Unauthenticated,
    message: "a valid bearer token is required",
  });
  await expect(
    find({ ...tls, serverName: "other.test.svc", tokenFile: file("token") }),
  ).rejects.toMatchObject({ code: Code.Unavailable });
  await expect(find({ tokenFile: file("token") })).rejects.toMatchObject({ code: Code.Unavailable });

  // Tokens are changed while it runs.
  await writeFile(file("token"), "the-tokem\n");
  expect((await find({ ...tls, tokenFile: file("wrong") })).username).toBe("admin");

  expect(identity.output()).toMatch(/Sign in once: https:\/\/k8shell\.example\.org\/signin\/once\?token=\S+/);
  expect(await readFile(file("data/admin.token"), "utf8")).toMatch(/^k8sh_/);
  expect(await readFile(file("data/identity-jwt-public.pem"), "utf8")).toContain("BEGIN PUBLIC KEY");
  const page = await withChannel({ address, ...tls, tokenFile: file("token") }, (channel) =>
    channel
      .client(SignInPagesService)
      .respond({ method: "GET", url: "https://k8shell.example.org/signin/no" }),
  );
  expect(page.status).toBe(404);

  identity.child.kill("SIGTERM");
  expect(await identity.exited).toBe(0);
});

test("a renewed certificate is shown to new connections without a restart", async () => {
  const identity = serve(
    ...identityArgs("--tls-cert", certificates.certFile, "--tls-key", certificates.keyFile),
  );
  const address = await identity.address;
  // Another CA: who trusts only that one can connect when the new certificate is in use.
  const other = makeCertificateFiles(file("other"), ["identity.test.svc"]);
  const options = { address, serverName: "identity.test.svc", tokenFile: file("token") };
  const ca = await readFile(other.ca, "utf8");
  await writeFile(certificates.keyFile, await readFile(other.keyFile));
  await writeFile(certificates.certFile, await readFile(other.certFile));
  await expect
    .poll(
      () =>
        withChannel({ ...options, ca, defaultTimeoutMs: 1_000 }, (channel) =>
          channel.client(IdentityService).findUser({ username: "admin" }),
        ).then(
          () => true,
          () => false,
        ),
      { interval: 500 },
    )
    .toBe(true);
});

test("two processes cannot serve one service from one directory", async () => {
  await serve(...identityArgs()).address;
  const second = serve(...identityArgs());
  expect(await second.exited).toBe(2);
  expect(second.output()).toMatch(/is in use by another k8shell identity \(process \d+\)/);
});

test("what is missing in the configuration is named, for each service", async () => {
  await writeFile(file("empty.yaml"), "http: {}\n");
  const outputs = ["identity", "authz", "session", "provisioner"].map(async (service) => {
    const args = ["--listen", "127.0.0.1:0", "--data", file(service), "--token-file", file("token")];
    const served = serve(service, ...args, "--config", file("empty.yaml"));
    expect(await served.exited).toBe(2);
    return served.output();
  });
  expect(await Promise.all(outputs)).toEqual([
    expect.stringContaining("authz.address: is missing; the identity service asks authz"),
    expect.stringContaining("identity.address: is missing; the authz service asks identity"),
    expect.stringContaining("identity.address: is missing; the session service asks identity"),
    expect.stringContaining("identity.address: is missing; the provisioner service asks identity"),
  ]);
});

test("the workspace daemon is served over TLS with its token", async () => {
  const config = { workspace: "w", listen: "/unused", username: "root", home: dir, stateDir: file("state") };
  await writeFile(file("workspace.json"), JSON.stringify(config));
  const daemon = serve(
    ...["workspaced", "--config", file("workspace.json"), "--listen", "127.0.0.1:0"],
    ...[
      "--token-file",
      file("token"),
      "--tls-cert",
      certificates.certFile,
      "--tls-key",
      certificates.keyFile,
    ],
  );
  const options = {
    address: await daemon.address,
    ca: await readFile(certificates.ca, "utf8"),
    serverName: "identity.test.svc",
  };
  const handshake = (more: Partial<GrpcChannelOptions>) =>
    withChannel({ ...options, ...more }, (channel) => channel.client(SystemService).handshake({}));
  expect((await handshake({ tokenFile: file("token") })).accepted).toBe(true);
  await expect(handshake({})).rejects.toMatchObject({ code: Code.Unauthenticated });
  daemon.child.kill("SIGTERM");
  expect(await daemon.exited).toBe(0);
});

test("help says what each service needs", async () => {
  const help = serve("--help");
  expect(await help.exited).toBe(0);
  expect(help.output()).toMatch(/SERVICE --token-file FILE[\s\S]*identity\s+http\.publicUrl, authz\.address/);
});
