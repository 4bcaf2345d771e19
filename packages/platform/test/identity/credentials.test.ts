import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { afterEach, describe, expect, test, vi } from "vitest";
import { startFakeKubernetes } from "../fakes/kubernetes.ts";
import { storedBytes } from "../postgres/test-database.ts";
import { expectStatus, startIdentity } from "./start-identity.ts";

afterEach(() => void vi.unstubAllEnvs());

const git = { username: "alice", scope: "https://git.test", subject: "alice-git", secret: "s3cret-value" };

const withAlice = async (options: Parameters<typeof startIdentity>[0] = {}) => {
  const started = await startIdentity(options);
  await started.client.createUser({ username: "alice", organization: "default" });
  const get = (serviceName: string, serviceScope: string) =>
    started.client.getUserCredential({ username: "alice", serviceName, serviceScope });
  return { ...started, get };
};

describe("a git or registry credential", () => {
  test("is listed without its secret and resolved with it", async () => {
    const { client, get, clock } = await withAlice();
    const { credential } = await client.addGitUserCredential(git);
    expect(credential).toMatchObject({
      username: "alice",
      serviceName: "git",
      serviceScope: "https://git.test",
      credentialSource: "stored",
      subject: "alice-git",
      secret: "",
      isActive: true,
    });
    await client.addRegistryUserCredential({ ...git, scope: "registry.test", secret: '{"a":\n1}' });
    const { credentials } = await client.listUserCredentials({ username: "alice" });
    expect(credentials.map((entry) => [entry.serviceName, entry.secret])).toEqual([
      ["git", ""],
      ["registry", ""],
    ]);
    const one = await client.listUserCredentials({ username: "alice", id: credential?.id });
    expect(one.credentials).toHaveLength(1);
    expect(await get("git", "https://git.test")).toMatchObject({
      secret: "s3cret-value",
      lastUsedAt: timestampFromMs(clock.now),
    });
    expect((await get("registry", "registry.test")).secret).toBe('{"a":\n1}');
  });

  test("is found by its exact scope while it is active", async () => {
    const { client, get } = await withAlice();
    const { credential } = await client.addGitUserCredential(git);
    await expectStatus(get("git", "https://git.test/"), "NotFound");
    await expectStatus(get("registry", "https://git.test"), "NotFound");
    await client.updateUserCredential({ id: credential?.id, active: false });
    await expectStatus(get("git", "https://git.test"), "NotFound");
    await client.updateUserCredential({ id: credential?.id, active: true, secret: "other" });
    expect((await get("git", "https://git.test")).secret).toBe("other");
  });

  test("exists once for each scope of a user", async () => {
    const { client } = await withAlice();
    await client.addGitUserCredential(git);
    await expectStatus(client.addGitUserCredential(git), "AlreadyExists");
    const { credential } = await client.addGitUserCredential({ ...git, scope: "https://other.test" });
    await expectStatus(
      client.updateUserCredential({ id: credential?.id, scope: git.scope }),
      "AlreadyExists",
    );
    await expectStatus(client.addGitUserCredential({ ...git, username: "bob" }), "NotFound");
  });

  test("is removed as its own user's, or by its id", async () => {
    const { client } = await withAlice();
    await client.createUser({ username: "bob", organization: "default" });
    const first = (await client.addGitUserCredential(git)).credential?.id;
    await expectStatus(client.removeUserCredential({ username: "bob", id: first }), "NotFound");
    expect((await client.removeUserCredential({ username: "alice", id: first })).success).toBe(true);
    const second = (await client.addGitUserCredential(git)).credential?.id;
    await client.deleteUserCredential({ id: second });
    await expectStatus(client.deleteUserCredential({ id: second }), "NotFound");
    expect(second).not.toBe(first);
  });

  test.each([
    ["an empty secret", { secret: "" }, "Internal"],
    ["an empty scope", { scope: "" }, "Internal"],
    ["a line break in the subject", { subject: "a\nusername=root" }, "InvalidArgument"],
    ["a line break in the secret", { secret: "a\npassword=x" }, "InvalidArgument"],
  ])("with %s is refused", async (_title, fields, status) => {
    const { client } = await withAlice();
    await expectStatus(client.addGitUserCredential({ ...git, ...fields }), status);
  });

  test("is encrypted at rest", async () => {
    const { client, dataDir } = await withAlice();
    await client.addGitUserCredential(git);
    const stored = await storedBytes(dataDir);
    expect(stored.includes("alice-git")).toBe(true);
    expect(stored.includes("s3cret-value")).toBe(false);
  });
});

describe("a Kubernetes credential", () => {
  const kubernetes = { username: "alice", scope: "team-a", subject: "dev" };

  const withCluster = async () => {
    const cluster = await startFakeKubernetes();
    const started = await withAlice();
    const kubeconfig = join(started.dataDir, "kubeconfig");
    await writeFile(kubeconfig, cluster.kubeconfig);
    vi.stubEnv("KUBECONFIG", kubeconfig);
    return { ...started, cluster };
  };

  test("becomes a short-lived token of its service account", async () => {
    const { client, get, cluster } = await withCluster();
    const { credential } = await client.addKubernetesUserCredential(kubernetes);
    expect(credential).toMatchObject({
      serviceName: "kubernetes",
      credentialSource: "kubernetes",
      subject: "dev",
    });
    expect(await get("kubernetes", "team-a")).toMatchObject({
      secret: "sa-token",
      expiresAt: timestampFromMs(1_900_000_000_000 + 3_600_000),
    });
    expect(cluster.requests).toHaveLength(1);
  });

  test.each([
    ["a service account that does not exist", { subject: "nobody" }, "NotFound"],
    ["a namespace the server may not use", { scope: "forbidden" }, "FailedPrecondition"],
  ])("for %s fails clearly", async (_title, fields, status) => {
    const { client, get } = await withCluster();
    const { scope, ...rest } = { ...kubernetes, ...fields };
    await client.addKubernetesUserCredential({ ...rest, scope });
    await expectStatus(get("kubernetes", scope), status);
  });

  test("cannot be resolved without a cluster, and says what to do", async () => {
    const { client, get, dataDir } = await withAlice();
    vi.stubEnv("KUBECONFIG", "");
    vi.stubEnv("HOME", dataDir);
    await client.addKubernetesUserCredential(kubernetes);
    await expect(get("kubernetes", "team-a")).rejects.toMatchObject({
      status: "FailedPrecondition",
      message: expect.stringContaining("KUBECONFIG"),
    });
  });

  test("names a namespace and a service account, and has no secret", async () => {
    const { client } = await withAlice();
    await expectStatus(
      client.addKubernetesUserCredential({ ...kubernetes, scope: "a/../b" }),
      "InvalidArgument",
    );
    await expectStatus(client.addKubernetesUserCredential({ ...kubernetes, subject: "" }), "Internal");
    const { credential } = await client.addKubernetesUserCredential(kubernetes);
    await expectStatus(client.updateUserCredential({ id: credential?.id, secret: "x" }), "InvalidArgument");
  });
});
