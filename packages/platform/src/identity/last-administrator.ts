import { Code, RpcError } from "@k8shell/rpc";
import type { Transaction } from "kysely";
import { transact } from "../storage/exclusive.ts";
import type { IdentitySchema } from "./schema.ts";
import type { IdentityDatabase } from "./store.ts";

/** Is there somebody, besides the user `without`, who administers the platform and can sign in? */
const hasAdministrator = async (db: IdentityDatabase, now: number, without = ""): Promise<boolean> => {
  const found = await db
    .selectFrom("users")
    .innerJoin("user_roles", "user_roles.username", "users.username")
    .innerJoin("roles", "roles.id", "user_roles.role_id")
    .select("users.username")
    .where("users.username", "!=", without)
    .where("roles.name", "=", "admin")
    .where("roles.org", "=", "")
    .where("users.is_valid", "=", 1)
    .where("users.locked", "=", 0)
    .where((eb) => eb.or([eb("users.expires_at", "is", null), eb("users.expires_at", ">", now)]))
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
};

const nobodyLeft = (): RpcError =>
  new RpcError(
    Code.FailedPrecondition,
    "nobody would be left to administer the platform: give another user the role admin first",
  );

/**
 * Runs a change of users in a transaction and undoes it when it has left nobody to administer the platform, which nobody
 * could put right again.
 * @throws RpcError FailedPrecondition then
 */
export const keepingAnAdministrator = <Result>(
  db: IdentityDatabase,
  now: () => number,
  work: (trx: Transaction<IdentitySchema>) => Promise<Result>,
): Promise<Result> =>
  transact(db, async (trx) => {
    const had = await hasAdministrator(trx, now());
    const result = await work(trx);
    if (had && !(await hasAdministrator(trx, now()))) {
      throw nobodyLeft();
    }
    return result;
  });

/**
 * Refuses what deleting a user would be refused for, before anything of theirs is deleted.
 * @throws RpcError FailedPrecondition when they are the last who administer the platform
 */
export const requireAnotherAdministrator = async (
  db: IdentityDatabase,
  now: number,
  username: string,
): Promise<void> => {
  if (!(await hasAdministrator(db, now, username)) && (await hasAdministrator(db, now))) throw nobodyLeft();
};
