import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import type { Directory } from "./directory.ts";
import { sha256 } from "./secrets.ts";
import { defaultOrganization, type IdentityDatabase } from "./store.ts";
import type { AccessTokens } from "./tokens.ts";
import type { Users } from "./users.ts";

const adminName = "admin";
const tokenName = "admin-token";

interface BootstrapDeps {
  db: IdentityDatabase;
  directory: Directory;
  users: Users;
  accessTokens: AccessTokens;
  now: () => number;
}

/**
 * Makes sure that there is a user `admin` with role `admin` and that `tokenFile` holds a working PAT of theirs with
 * scope `*`: the bare token, mode 0600. A file that is lost or holds a token that is not good is written anew.
 */
export const bootstrapAdmin = async (
  { db, directory, users, accessTokens, now }: BootstrapDeps,
  { tokenFile }: { tokenFile: string },
): Promise<{ created: boolean }> => {
  const created = (await directory.get(adminName)) === undefined;
  if (created) {
    await db.transaction().execute((trx) =>
      users.insert(trx, {
        username: adminName,
        organization: defaultOrganization,
        fullname: "Administrator",
        // Nicer to type in than the platform's default, where there is one.
        shell: existsSync("/bin/bash") ? "/bin/bash" : undefined,
        roles: ["admin"],
        source: "local",
        sudo: true,
      }),
    );
    directory.changed(adminName);
  }
  const stored = (await readFile(tokenFile, "utf8").catch(() => "")).trim();
  const works = await db
    .selectFrom("access_tokens")
    .select("id")
    .where("hash", "=", sha256(stored))
    .where("username", "=", adminName)
    .where("is_active", "=", 1)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", now())]))
    .executeTakeFirst();
  if (!works) {
    const { token } = await accessTokens.mint({
      username: adminName,
      name: tokenName,
      scopes: ["*"],
      expiresAt: null,
      renew: true,
    });
    const draft = `${tokenFile}.${randomBytes(6).toString("hex")}`;
    await writeFile(draft, token, { mode: 0o600, flag: "wx" });
    await rename(draft, tokenFile);
  }
  return { created };
};
