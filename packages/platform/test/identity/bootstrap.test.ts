import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startIdentity } from "./start-identity.ts";

const start = async () => {
  const started = await startIdentity();
  const tokenFile = join(started.dataDir, "admin.token");
  const bootstrap = () => started.identity.bootstrapAdmin({ tokenFile });
  const token = async () => readFile(tokenFile, "utf8");
  return { ...started, tokenFile, bootstrap, token };
};

test("the first start makes an administrator and a token file only the owner can read", async () => {
  const { client, bootstrap, token, tokenFile } = await start();
  expect(await bootstrap()).toEqual({ created: true });
  expect(await token()).toMatch(/^k8sh_[\w-]{43}$/);
  expect((await stat(tokenFile)).mode & 0o777).toBe(0o600);
  const { user, scopes } = await client.resolveAccessToken({ token: await token() });
  expect(user).toMatchObject({
    username: "admin",
    roles: ["admin"],
    blueprints: ["*"],
    organization: "default",
  });
  expect(scopes).toEqual(["*"]);
});

test("later starts keep what works", async () => {
  const { bootstrap, token } = await start();
  await bootstrap();
  const first = await token();
  expect(await bootstrap()).toEqual({ created: false });
  expect(await token()).toBe(first);
});

test.each([
  ["lost", (file: string) => rm(file)],
  ["overwritten", (file: string) => writeFile(file, "k8sh_nonsense")],
])("a token file that was %s is renewed and the old token is void", async (_title, damage) => {
  const { client, bootstrap, token, tokenFile } = await start();
  await bootstrap();
  const first = await token();
  await damage(tokenFile);
  await bootstrap();
  expect((await client.resolveAccessToken({ token: await token() })).user?.username).toBe("admin");
  await expect(client.resolveAccessToken({ token: first })).rejects.toMatchObject({
    status: "Unauthenticated",
  });
});

test("a revoked administrator token is renewed", async () => {
  const { client, bootstrap, token } = await start();
  await bootstrap();
  const [listed] = (await client.listAccessTokens({ username: "admin" })).tokens;
  await client.revokeAccessToken({ id: listed?.id ?? 0n, username: "admin" });
  await bootstrap();
  expect((await client.resolveAccessToken({ token: await token() })).user?.username).toBe("admin");
});
