import { Code, RpcError } from "@k8shell/rpc";
import { z } from "zod";
import { transact } from "../storage/exclusive.ts";
import type { ExternalProfile, ExternalProvider, GitToken } from "./providers/provider.ts";
import type { SecretBox } from "./secrets.ts";
import { type IdentityDatabase, nextId, refuseDuplicate } from "./store.ts";

/** A token is renewed this long before it expires, so that whoever gets it can use it. */
const renewBeforeMs = 5 * 60_000;

const gitTokenSchema = z.object({
  accessToken: z.string(),
  refreshToken: z.string().optional(),
  expiresAt: z.number().optional(),
});

/** Which account of an external provider belongs to which user, and the account's git token (encrypted at rest). */
export interface ProviderAccounts {
  usernameOf(provider: string, subject: string): Promise<string | undefined>;
  /** Links an account in the caller's transaction. */
  link(
    trx: IdentityDatabase,
    provider: string,
    account: { subject: string; login: string },
    username: string,
  ): Promise<void>;
  /** Stores what a new sign-in brought: the account's current name, its git token, and the credential that shows it. */
  refresh(provider: ExternalProvider, profile: ExternalProfile, username: string): Promise<void>;
  /** The name of a user's account at a provider. */
  loginOf(provider: string, username: string): Promise<string | undefined>;
  /** A git token that is valid now, renewed when it has to be; undefined when there is none. */
  gitToken(provider: ExternalProvider, username: string): Promise<GitToken | undefined>;
}

interface ProviderAccountsDeps {
  db: IdentityDatabase;
  box: SecretBox;
  now: () => number;
}

export const createProviderAccounts = ({ db, box, now }: ProviderAccountsDeps): ProviderAccounts => {
  const context = (provider: string, subject: string) => `provider_accounts:${provider}:${subject}:token`;
  const renewals = new Map<string, Promise<GitToken>>();

  const find = (provider: string, username: string) =>
    db
      .selectFrom("provider_accounts")
      .selectAll()
      .where("provider", "=", provider)
      .where("username", "=", username)
      .executeTakeFirst();

  const storeToken = async (provider: string, subject: string, token: GitToken): Promise<void> => {
    await db
      .updateTable("provider_accounts")
      .set({ token: box.seal(JSON.stringify(token), context(provider, subject)), updated_at: now() })
      .where("provider", "=", provider)
      .where("subject", "=", subject)
      .execute();
  };

  /** The protected credential through which workspaces find the git token. */
  const showCredential = async (provider: ExternalProvider, username: string, login: string) => {
    await transact(db, async (trx) => {
      const found = await trx
        .selectFrom("credentials")
        .select("id")
        .where("username", "=", username)
        .where("service_name", "=", "git")
        .where("service_scope", "=", provider.gitAddress)
        .executeTakeFirst();
      if (found) return;
      const id = await nextId(trx, "credential");
      await trx
        .insertInto("credentials")
        .values({
          id,
          username,
          service_name: "git",
          service_scope: provider.gitAddress,
          source: provider.name,
          subject: login,
          secret: "",
          is_active: 1,
          created_at: now(),
          updated_at: now(),
          last_used_at: null,
        })
        .execute();
    });
  };

  const renew = (provider: ExternalProvider, subject: string, token: GitToken): Promise<GitToken> => {
    // Refresh tokens are often good for one use: two callers must share it.
    const key = `${provider.name} ${subject}`;
    const running = renewals.get(key);
    if (running) return running;
    const work = (async () => {
      const renewed = await provider.refresh?.(token);
      if (!renewed) throw new RpcError(Code.NotFound, "the git token has expired: sign in again");
      await storeToken(provider.name, subject, renewed);
      return renewed;
    })().finally(() => renewals.delete(key));
    renewals.set(key, work);
    return work;
  };

  return {
    async usernameOf(provider, subject) {
      const row = await db
        .selectFrom("provider_accounts")
        .select("username")
        .where("provider", "=", provider)
        .where("subject", "=", subject)
        .executeTakeFirst();
      return row?.username;
    },
    async link(trx, provider, { subject, login }, username) {
      const values = { provider, subject, username, login, token: "", updated_at: now() };
      await refuseDuplicate(
        trx.insertInto("provider_accounts").values(values).execute(),
        "the account belongs to another user",
      );
    },
    async refresh(provider, profile, username) {
      await db
        .updateTable("provider_accounts")
        .set({ login: profile.login, updated_at: now() })
        .where("provider", "=", provider.name)
        .where("subject", "=", profile.subject)
        .execute();
      if (!profile.gitToken) return;
      await storeToken(provider.name, profile.subject, profile.gitToken);
      if (provider.gitAddress !== "")
        await showCredential(provider, username, provider.gitUsername ?? profile.login);
    },
    loginOf: async (provider, username) => (await find(provider, username))?.login,
    async gitToken(provider, username) {
      const account = await find(provider.name, username);
      if (!account || account.token === "") return undefined;
      const opened = box.open(account.token, context(provider.name, account.subject));
      const token = gitTokenSchema.parse(JSON.parse(opened));
      if (token.expiresAt === undefined || token.expiresAt - renewBeforeMs > now()) return token;
      if (!provider.refresh || token.refreshToken === undefined)
        return token.expiresAt > now() ? token : undefined;
      return renew(provider, account.subject, token);
    },
  };
};
