import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import type { ServiceImpl } from "@k8shell/rpc";
import { reportUnavailable } from "../unavailable-bucket.ts";
import { createAuthKeys } from "./auth-keys.ts";
import { bootstrapAdmin } from "./bootstrap.ts";
import { checkKeys } from "./check-keys.ts";
import { createCredentials } from "./credentials.ts";
import { createDeviceFlows } from "./device-flow.ts";
import { createDirectory } from "./directory.ts";
import { createEnvVars } from "./env-vars.ts";
import { createUserTokens, loadSigningKey } from "./jwt.ts";
import { createKubernetesTokens } from "./kubernetes.ts";
import { requireAnotherAdministrator } from "./last-administrator.ts";
import { normalizeUsername } from "./names.ts";
import { createOnboardRules } from "./onboard-rules.ts";
import { createOnboarding } from "./onboarding.ts";
import { createOnceLinks } from "./once-links.ts";
import type { EmbeddedIdentity, IdentityOptions } from "./options.ts";
import { createOrganizations } from "./organizations.ts";
import { createPasswordLockouts } from "./password-lockouts.ts";
import { createPasswordResets } from "./password-resets.ts";
import { createPasswords } from "./passwords.ts";
import { createProviderAccounts } from "./provider-accounts.ts";
import { createProviderList } from "./providers/create.ts";
import { createProviders } from "./providers/providers.ts";
import { createRepos } from "./repos.ts";
import { createRoles } from "./roles.ts";
import { createSecretBox, deriveKey, readOrCreateSecret } from "./secrets.ts";
import { createSignIn } from "./sign-in/sign-in.ts";
import { createSignInPolicy } from "./sign-in-policy.ts";
import { openStore } from "./store.ts";
import { createTokenResolver } from "./token-resolver.ts";
import { createAccessTokens } from "./tokens.ts";
import { createUpstreamKeys } from "./upstream-keys.ts";
import { createUserList } from "./user-list.ts";
import { createUsers } from "./users.ts";
import { createWebFlows } from "./web-flow.ts";

export type { EmbeddedIdentity, IdentityOptions } from "./options.ts";
export { createResetWebhook } from "./password-reset-webhook.ts";
export { type ProviderConfig, providerConfigSchema } from "./providers/config.ts";

/**
 * Starts the embedded Identity service: users, organizations, roles, keys, tokens, credentials, environment variables
 * and sign-in, in one database.
 */
export const createIdentity = async (options: IdentityOptions): Promise<EmbeddedIdentity> => {
  const { dataDir, publicUrl, log } = options;
  const now = options.now ?? Date.now;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const keysDir = options.keysDir ?? join(dataDir, "keys");
  const key = await loadSigningKey(join(keysDir, "identity-jwt.pem"));
  const secretsKey = await readOrCreateSecret(join(keysDir, "identity-secrets.key"), () => randomBytes(32));
  const box = createSecretBox(secretsKey);
  const db = await openStore({ file: join(dataDir, "identity.db"), postgres: options.postgres, log }, now);
  try {
    await checkKeys(db, box, keysDir);
  } catch (error) {
    await db.destroy();
    throw error;
  }

  const directory = createDirectory({ db, now });
  const lockouts = createPasswordLockouts(reportUnavailable(options.lockouts), now);
  const passwords = createPasswords({ db, directory, lockouts, now });
  const users = createUsers({ db, directory, passwords, now });
  const userTokens = createUserTokens({
    key,
    directory,
    issuer: options.issuer ?? "identity.k8shell",
    audience: options.audience ?? "k8shell",
    lifetimeSeconds: options.tokenLifetimeSeconds ?? 3600,
    now,
  });
  const accessTokens = createAccessTokens({ db, directory, now });
  const resolver = await createTokenResolver({ db, directory, userTokens, log, now });
  const accounts = createProviderAccounts({ db, box, now });
  const providers = createProviders(createProviderList(options.providers ?? [], now));
  const onboarding = createOnboarding({ db, directory, users, accounts, now });
  const policy = createSignInPolicy(options.authz ?? (() => undefined));
  const webFlows = createWebFlows({
    db,
    box,
    directory,
    providers,
    onboarding,
    userTokens,
    accessTokens,
    policy,
    publicUrl,
    log,
    now,
  });
  const onceLinks = createOnceLinks({ db, now });
  const passwordResets = createPasswordResets({
    db,
    directory,
    passwords,
    publicUrl,
    notify: options.notifyPasswordReset,
    onReset: options.onPasswordReset ?? (async () => undefined),
    log,
    now,
  });

  const implementation: ServiceImpl<typeof IdentityService> = {
    ...users.rpcs,
    ...createUserList({ directory, now }),
    ...createRoles({ db, directory, now }),
    ...createOrganizations({ db, now }),
    ...createAuthKeys({ db, directory, upstreamKeys: createUpstreamKeys({ providers, accounts, now }), now }),
    ...passwords.rpcs,
    ...accessTokens.rpcs,
    ...resolver.rpcs,
    ...userTokens.rpcs,
    ...providers.rpcs,
    ...webFlows.rpcs,
    ...createDeviceFlows({ db, box, directory, providers, onboarding, now }),
    ...createOnboardRules({ db, directory, users, accounts, providers, now }),
    ...createCredentials({
      db,
      directory,
      box,
      providers,
      accounts,
      kubernetes: createKubernetesTokens(options.kubeconfig),
      now,
    }),
    ...createEnvVars({ db, directory, box, now }),
    ...createRepos({ directory, providers, accounts }),
  };

  return {
    registrations: [{ service: IdentityService, implementation }],
    publicKeyPem: key.publicKeyPem,
    bootstrapAdmin: (o) => bootstrapAdmin({ db, directory, users, accessTokens, now }, o),
    async oneTimeLink(name) {
      const { username } = await directory.require(name);
      const token = await onceLinks.create(username);
      return `${publicUrl()}/signin/once?${new URLSearchParams({ token })}`;
    },
    signIn: createSignIn({
      webFlows,
      passwords,
      onceLinks,
      passwordResets,
      formKey: deriveKey(secretsKey, "sign-in form"),
      publicUrl,
      log,
    }),
    requireDeletable: (name) => requireAnotherAdministrator(db, now(), normalizeUsername(name)),
    passwordResets,
    async close() {
      await passwordResets.close();
      await resolver.close();
      await db.destroy();
    },
  };
};
