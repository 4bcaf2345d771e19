import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { Code, RpcError } from "@k8shell/rpc";
import { isShared } from "../storage/dialect.ts";
import { transact } from "../storage/exclusive.ts";
import type { Directory } from "./directory.ts";
import { sha256 } from "./secrets.ts";
import { defaultOrganization, type IdentityDatabase } from "./store.ts";
import type { AccessTokens } from "./tokens.ts";
import type { Users } from "./users.ts";

const adminName = "admin";
const tokenName = "admin-token";
const placeSetting = "admin-token-place";

interface BootstrapDeps {
  db: IdentityDatabase;
  directory: Directory;
  users: Users;
  accessTokens: AccessTokens;
  now: () => number;
}

/** Which file holds the token, as far as processes on other machines are concerned. */
const placeOf = (tokenFile: string): string => `${hostname()}:${resolve(tokenFile)}`;

const isPlace = async (db: IdentityDatabase, tokenFile: string): Promise<boolean> => {
  if (!isShared(db)) return true;
  const row = await db
    .selectFrom("settings")
    .select("value")
    .where("name", "=", placeSetting)
    .executeTakeFirst();
  return row === undefined || row.value === placeOf(tokenFile);
};

const setPlace = async (db: IdentityDatabase, tokenFile: string): Promise<void> => {
  const value = placeOf(tokenFile);
  await db
    .insertInto("settings")
    .values({ name: placeSetting, value })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
    .execute();
};

const isTaken = (error: unknown) => error instanceof RpcError && error.code === Code.AlreadyExists;

/**
 * Makes sure that there is a user `admin` with role `admin` and that `tokenFile` holds a working PAT of theirs with
 * scope `*`: the bare token, mode 0600. A file that is lost or holds a token that is not good is written anew. Where
 * processes share the database, the first one's file has the token and the others' have none: making another would end
 * the first.
 */
export const bootstrapAdmin = async (
  { db, directory, users, accessTokens, now }: BootstrapDeps,
  { tokenFile }: { tokenFile: string },
): Promise<{ created: boolean }> => {
  const created = (await directory.get(adminName)) === undefined;
  if (created) {
    const insert = transact(db, (trx) =>
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
    await insert.catch((error: unknown) => {
      // Another process that started at the same time was first.
      if (!isTaken(error)) throw error;
    });
    directory.changed(adminName);
  }
  const stored = (await readFile(tokenFile, "utf8").catch(() => "")).trim();
  const live = await db
    .selectFrom("access_tokens")
    .select(["name", "hash"])
    .where("username", "=", adminName)
    .where("is_active", "=", 1)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", now())]))
    .execute();
  if (live.some((token) => token.hash === sha256(stored))) return { created };
  const elsewhere = live.some((token) => token.name === tokenName) && !(await isPlace(db, tokenFile));
  if (!elsewhere) {
    await setPlace(db, tokenFile);
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
