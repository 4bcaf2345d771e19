import { Code, RpcError } from "@k8shell/rpc";
import type { Transaction } from "kysely";
import { transact } from "../storage/exclusive.ts";
import type { IdentitySchema } from "./schema.ts";
import type { IdentityDatabase } from "./store.ts";

/** Is there somebody who administers the platform and can sign in? */
const hasAdministrator = async (db: IdentityDatabase, now: number): Promise<boolean> => {
  const found = await db
    .selectFrom("users")
    .innerJoin("user_roles", "user_roles.username", "users.username")
    .innerJoin("roles", "roles.id", "user_roles.role_id")
    .select("users.username")
    .where("roles.name", "=", "admin")
    .where("roles.org", "=", "")
    .where("users.is_valid", "=", 1)
    .where("users.locked", "=", 0)
    .where((eb) => eb.or([eb("users.expires_at", "is", null), eb("users.expires_at", ">", now)]))
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
};

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
      throw new RpcError(
        Code.FailedPrecondition,
        "nobody would be left to administer the platform: give another user the role admin first",
      );
    }
    return result;
  });
