import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { PasswordLockoutStatus } from "@k8shell/contract/gen/identity/v1/types_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import type { Backends } from "../backends/backends.ts";

type Identity = Pick<Backends, "identity">;

/** Questions to Identity that are under way at once for one list: it has no rpc that answers for several users. */
const atOnce = 16;

/** Whether a user's password is refused for now; undefined where Identity cannot tell. */
export const lockoutOf = async (
  { identity }: Identity,
  username: string,
): Promise<PasswordLockoutStatus | undefined> => {
  try {
    return await identity.getPasswordLockoutStatus({ username });
  } catch (error) {
    // A profile is useful without: Identity's count of attempts may be away although Identity is not.
    if (error instanceof RpcError && (error.code === Code.Unimplemented || error.code === Code.Unavailable)) {
      return undefined;
    }
    throw error;
  }
};

/**
 * The same of many users, by name. What is not told of one keeps nobody from the list: a user may have gone since, and an
 * Identity that fails otherwise is not asked of the others.
 */
export const lockoutsOf = async (
  { identity }: Identity,
  users: readonly Pick<User, "username">[],
): Promise<ReadonlyMap<string, PasswordLockoutStatus>> => {
  const found = new Map<string, PasswordLockoutStatus>();
  const left = users.values();
  let canTell = true;
  const ask = async (): Promise<void> => {
    for (const { username } of left) {
      if (!canTell) return;
      try {
        found.set(username, await identity.getPasswordLockoutStatus({ username }));
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        if (error.code !== Code.NotFound) canTell = false;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, ask));
  return found;
};
