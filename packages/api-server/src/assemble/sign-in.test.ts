import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@k8shell/contract";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { sqliteKv } from "@k8shell/kv";
import { createIdentity, providerConfigSchema } from "@k8shell/platform/identity/index.ts";
import { inProcessChannel } from "@k8shell/rpc";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../config/config.ts";
import { ensureOnboardRules, signInProviders } from "./sign-in.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "k8shell-sign-in-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const load = async (yaml: string) => {
  const file = join(dir, "config.yaml");
  await writeFile(file, yaml);
  return loadConfig(file, { SECRET: "s" });
};

test("providers of the configuration are checked and handed on with real booleans", async () => {
  const config = await load(`
identity:
  providers:
    - { type: github, clientId: id, clientSecret: "\${SECRET}", exactRedirectUri: "true" }
    - { type: local, enabled: false }
`);
  expect(signInProviders(config, providerConfigSchema)).toEqual([
    { type: "github", clientId: "id", clientSecret: "s", exactRedirectUri: true },
    { type: "local", enabled: false },
  ]);
});

test("a provider that lacks something is refused by the name of the key", async () => {
  const config = await load("identity:\n  providers:\n    - { type: oidc, clientId: id }\n");
  expect(() => signInProviders(config, providerConfigSchema)).toThrow(/identity\.providers\.0\.issuer/);
});

test("onboarding rules are made once and a rule naming an unknown role is refused", async () => {
  const config = await load(`
identity:
  onboardRules:
    - { idp: idp.k8shell.io/github, usernamePattern: "acme-*", action: waitlist, roles: developer }
`);
  const kv = sqliteKv({ file: ":memory:" });
  const embedded = await createIdentity({
    dataDir: dir,
    publicUrl: () => "http://127.0.0.1",
    lockouts: await kv.bucket("password-lockouts"),
    log: silentLog,
  });
  const identity = inProcessChannel(embedded.registrations).client(IdentityService);
  await ensureOnboardRules(identity, config.identity.onboardRules ?? []);
  await ensureOnboardRules(identity, config.identity.onboardRules ?? []);
  const { rules } = await identity.queryOnboardRules({});
  expect(
    rules.map(({ idp, usernamePattern, action, roles }) => ({ idp, usernamePattern, action, roles })),
  ).toEqual([
    { idp: "idp.k8shell.io/github", usernamePattern: "acme-*", action: "waitlist", roles: ["developer"] },
  ]);
  await expect(
    ensureOnboardRules(identity, [
      { idp: "x", usernamePattern: "*", org: undefined, action: "allow", priority: 1, roles: ["nope"] },
    ]),
  ).rejects.toThrow(/onboardRules.*nope|nope/);
  await embedded.close();
  await kv.close();
});
