import { expect, test } from "vitest";
import { gitlabClient, startFakeGitlab } from "../fakes/gitlab.ts";
import { startIdentity } from "./start-identity.ts";

const provider = "idp.k8shell.io/gitlab";
const redirectUri = "http://k8shell.test:9101/auth/callback";

const start = async () => {
  const gitlab = await startFakeGitlab();
  const started = await startIdentity({
    providers: [
      {
        type: "gitlab",
        baseUrl: `${gitlab.origin}/`,
        clientId: gitlabClient.id,
        clientSecret: gitlabClient.secret,
        allowInsecure: true,
      },
    ],
  });
  const { client } = started;
  await client.createOnboardRule({ idp: "*", usernamePattern: "tan*", org: "default", action: "allow" });
  const { authUrl } = await client.onboardUserWebFlow({ provider, redirectUri });
  const { headers } = await fetch(authUrl, { redirect: "manual" });
  const { searchParams } = new URL(headers.get("location") ?? "");
  const answer = await client.completeUserWebFlow({
    state: searchParams.get("state") ?? "",
    code: searchParams.get("code") ?? "",
  });
  const gitSecret = async () => {
    const scope = { username: "tanuki", serviceName: "git", serviceScope: gitlab.origin };
    return client.getUserCredential(scope);
  };
  return { ...started, gitlab, answer, gitSecret };
};

test("a GitLab user signs in and git gets a token it takes", async () => {
  const { client, answer, gitSecret } = await start();
  expect(answer.newUser).toBe(true);
  expect(await client.findUser({ username: "tanuki" })).toMatchObject({
    email: "t@x.test",
    source: provider,
  });
  expect(await gitSecret()).toMatchObject({ subject: "oauth2", secret: "access-1" });
});

test("an expired git token is renewed once for all who ask at the same time", async () => {
  const { gitlab, gitSecret, clock } = await start();
  clock.now += 2 * 3_600_000;
  const secrets = await Promise.all([gitSecret(), gitSecret(), gitSecret()]);
  expect(secrets.map((credential) => credential.secret)).toEqual(["access-2", "access-2", "access-2"]);
  clock.now += 2 * 3_600_000;
  expect((await gitSecret()).secret).toBe("access-3");
  expect(gitlab.issued()).toBe(3);
});

test("groups are owners, and a repository deep in one is found", async () => {
  const { client } = await start();
  const { owners } = await client.listRepoOwners({ username: "tanuki" });
  expect(owners.map((owner) => owner.login)).toEqual(["tanuki", "acme/tools"]);
  const repos = async (repoOwner: string) =>
    (await client.listRepos({ username: "tanuki", repoOwner })).repos.map((repo) => repo.fullName);
  expect(await repos("acme/tools")).toEqual(["acme/tools/hammer"]);
  expect(await repos("tanuki")).toEqual(["tanuki/den"]);
  const { blueprint } = await client.getBlueprintByUserStr({ userstr: "tanuki~repo=acme/tools/hammer" });
  expect(Buffer.from(blueprint).toString()).toBe("# at HEAD\n");
});
