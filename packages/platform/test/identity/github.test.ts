import { AuthKeyFormat } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { describe, expect, test } from "vitest";
import { githubClient, startFakeGithub } from "../fakes/github.ts";
import { makeKey } from "./make-key.ts";
import { expectStatus, startIdentity } from "./start-identity.ts";

const provider = "idp.k8shell.io/github";
const redirectUri = "http://k8shell.test:9101/auth/callback?provider=idp.k8shell.io%2Fgithub&redirect=/";

const start = async () => {
  const github = await startFakeGithub();
  const started = await startIdentity({
    providers: [
      {
        type: "github",
        baseUrl: github.origin,
        apiUrl: `${github.origin}/api`,
        clientId: githubClient.id,
        clientSecret: githubClient.secret,
        allowInsecure: true,
      },
    ],
  });
  const { client } = started;
  await client.createOnboardRule({ idp: provider, usernamePattern: "*", org: "default", action: "allow" });
  const signIn = async () => {
    const { authUrl } = await client.onboardUserWebFlow({ provider, redirectUri });
    const { headers } = await fetch(authUrl, { redirect: "manual" });
    const { searchParams } = new URL(headers.get("location") ?? "");
    return client.completeUserWebFlow({
      state: searchParams.get("state") ?? "",
      code: searchParams.get("code") ?? "",
    });
  };
  return { ...started, github, signIn };
};

test("the provider is announced with what it can do", async () => {
  const { client } = await start();
  const { providers } = await client.getAvailableIdentityProviders({});
  expect(providers.map((entry) => entry.name)).toEqual(["idp.k8shell.io/local", provider]);
  expect(providers[1]?.capabilities).toContain("OnboardUserWebFlow");
});

describe("a GitHub user", () => {
  test("signs in, with the verified primary address", async () => {
    const { client, github, signIn } = await start();
    expect((await signIn()).newUser).toBe(true);
    expect(await client.findUser({ username: "octo" })).toMatchObject({
      fullname: "Octo Cat",
      email: "octo@x.test",
      source: provider,
      gitAddress: github.origin,
    });
  });

  test("keeps their user when they rename their account, and loses no name to a stranger", async () => {
    const { client, github, signIn } = await start();
    await signIn();
    github.account = { ...github.account, login: "octo-two" };
    expect((await signIn()).newUser).toBe(false);
    github.account = { id: 43, login: "octo", name: "Stranger", email: "", verified: false };
    await expectStatus(signIn(), "AlreadyExists");
    await expectStatus(client.findUser({ username: "octo-two" }), "NotFound");
  });

  test("has a git credential that resolves to their live token and cannot be changed here", async () => {
    const { client, github, signIn } = await start();
    await signIn();
    const { credentials } = await client.listUserCredentials({ username: "octo" });
    expect(credentials).toMatchObject([
      {
        serviceName: "git",
        serviceScope: github.origin,
        credentialSource: provider,
        subject: "Octo",
        secret: "",
      },
    ]);
    const id = credentials[0]?.id;
    const get = () =>
      client.getUserCredential({ username: "octo", serviceName: "git", serviceScope: github.origin });
    expect((await get()).secret).toBe("gho_fake");
    await expectStatus(client.updateUserCredential({ id, secret: "x" }), "FailedPrecondition");
    await expectStatus(client.deleteUserCredential({ id }), "FailedPrecondition");
    await client.updateUserCredential({ id, active: false });
    await expectStatus(get(), "NotFound");
  });

  test("has the keys they publish first in the list, and these are removed at GitHub", async () => {
    const { client, github, signIn } = await start();
    await signIn();
    const [published, own] = [makeKey(), makeKey()];
    github.keys = [published];
    await client.addUserAuthKeys({ username: "octo", authKeys: [own] });
    const { authKeys } = await client.listUserAuthKeys({ username: "octo", format: AuthKeyFormat.NORMAL });
    expect(authKeys.map(({ key, source }) => [key, source])).toEqual([
      [published, provider],
      [own, "local"],
    ]);
    await expectStatus(client.removeUserAuthKey({ username: "octo", index: 0 }), "FailedPrecondition");
    expect((await client.authUserPublicKey({ username: "octo", publicKey: published })).valid).toBe(true);
    await client.removeUserAuthKey({ username: "octo", index: 1 });
  });

  test("keeps signing in with local keys while GitHub is down, but no index is trusted", async () => {
    const { client, github, signIn, clock } = await start();
    await signIn();
    const own = makeKey();
    await client.addUserAuthKeys({ username: "octo", authKeys: [own] });
    github.down = true;
    clock.now += 2 * 3_600_000;
    expect((await client.authUserPublicKey({ username: "octo", publicKey: own })).valid).toBe(true);
    await expectStatus(client.removeUserAuthKey({ username: "octo", index: 0 }), "Unavailable");
  });

  test("sees their repositories and a repository's blueprint", async () => {
    const { client, github, signIn } = await start();
    await signIn();
    const { owners } = await client.listRepoOwners({ username: "octo" });
    expect(owners.map(({ login, kind }) => [login, kind])).toEqual([
      ["Octo", "user"],
      ["acme", "organization"],
    ]);
    const repos = async (repoOwner: string) =>
      (await client.listRepos({ username: "octo", repoOwner })).repos.map((repo) => repo.fullName);
    expect(await repos("")).toEqual(["Octo/dotfiles"]);
    expect(await repos("acme")).toEqual(["acme/portal"]);
    expect(await repos("nobody")).toEqual([]);
    const blueprint = (userstr: string) => client.getBlueprintByUserStr({ userstr });
    const found = await blueprint("octo~repo=acme/portal+ref=v1");
    expect(Buffer.from(found.blueprint).toString()).toMatch(/^# at v1\n/);
    expect(found.repoAddress).toBe(`${github.origin}/acme/portal.git`);
    await expectStatus(blueprint("octo~repo=acme/other"), "NotFound");
    await expectStatus(blueprint("octo~dev"), "InvalidArgument");
    await expectStatus(blueprint("~"), "InvalidArgument");
    await expectStatus(blueprint("octo~repo=../user"), "PermissionDenied");
    await expectStatus(blueprint("nobody~repo=acme/portal"), "NotFound");
  });

  test("cannot use a code twice or made up", async () => {
    const { client } = await start();
    const { authUrl, state } = await client.onboardUserWebFlow({ provider, redirectUri });
    expect(new URL(authUrl).searchParams.get("redirect_uri")).toBe(redirectUri);
    await expectStatus(client.completeUserWebFlow({ state, code: "made-up" }), "Unauthenticated");
  });
});

describe("a device sign-in", () => {
  test("waits until the person has typed the code", async () => {
    const { client, github } = await start();
    const begun = await client.onboardUserDeviceFlow({ provider, username: "octo" });
    expect(begun).toMatchObject({ userCode: "WDJB-MJHT", verificationUrl: `${github.origin}/login/device` });
    github.deviceApproved = true;
    await client.completeUserDeviceFlow({ provider, username: "octo" }, { timeoutMs: 25_000 });
    expect((await client.findUser({ username: "octo" })).source).toBe(provider);
  });

  test("is not for somebody else's account, nor without having been begun", async () => {
    const { client, github } = await start();
    github.deviceApproved = true;
    await expectStatus(client.completeUserDeviceFlow({ provider, username: "eve" }), "InvalidArgument");
    await client.onboardUserDeviceFlow({ provider, username: "eve" });
    const done = client.completeUserDeviceFlow({ provider, username: "eve" }, { timeoutMs: 25_000 });
    await expectStatus(done, "PermissionDenied");
    await expectStatus(client.findUser({ username: "octo" }), "NotFound");
  });

  test("is something the local provider does not have", async () => {
    const { client } = await start();
    const local = { provider: "idp.k8shell.io/local", username: "octo" };
    await expectStatus(client.onboardUserDeviceFlow(local), "Unimplemented");
    await expectStatus(client.onboardUserDeviceFlow({ ...local, provider: "idp.k8shell.io/x" }), "NotFound");
  });
});

test("a local user has no repositories", async () => {
  const { client } = await start();
  await client.createUser({ username: "alice", organization: "default" });
  expect((await client.listRepoOwners({ username: "alice" })).owners).toEqual([]);
  expect((await client.listRepos({ username: "alice" })).repos).toEqual([]);
  await expectStatus(client.getBlueprintByUserStr({ userstr: "alice~repo=acme/portal" }), "NotFound");
});
