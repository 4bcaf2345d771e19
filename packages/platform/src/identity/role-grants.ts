import { Code, RpcError } from "@k8shell/rpc";
import type { IdentityDatabase } from "./store.ts";

/**
 * The ids of roles by name, as seen from an organization: its own and the global ones.
 * @throws RpcError InvalidArgument for a role that is neither
 */
export const roleIds = async (
  db: IdentityDatabase,
  names: readonly string[],
  organization: string,
): Promise<number[]> => {
  const wanted = [...new Set(names)];
  if (wanted.length === 0) return [];
  const found = await db
    .selectFrom("roles")
    .select(["id", "name"])
    .where("name", "in", wanted)
    .where("org", "in", ["", organization])
    .execute();
  const missing = wanted.find((name) => !found.some((role) => role.name === name));
  if (missing !== undefined)
    throw new RpcError(Code.InvalidArgument, `unknown role ${JSON.stringify(missing.slice(0, 64))}`);
  return found.map((role) => role.id);
};

/** Gives a user roles they may already have. */
export const grantRoles = async (
  db: IdentityDatabase,
  username: string,
  ids: readonly number[],
): Promise<void> => {
  if (ids.length === 0) return;
  await db
    .insertInto("user_roles")
    .values(ids.map((role_id) => ({ username, role_id })))
    .onConflict((conflict) => conflict.columns(["username", "role_id"]).doNothing())
    .execute();
};
