import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { type Client, Code, RpcError } from "@k8shell/rpc";

/** Most users that Identity lists at a time (grpc-behaviour section 6). */
const pageSize = 100;
const maxUsers = 10_000;

/** Which users a list is about; both conditions must hold. */
export interface MemberFilter {
  /** Users with any of these roles. */
  readonly roles?: readonly string[];
  readonly org?: string;
}

/**
 * Names of the users with certain roles or of one organization. Sessions know only user names; who belongs where is
 * Identity's to say, now, not when the session was.
 * @throws RpcError Unavailable when Identity cannot be asked
 */
export const findMembers = async (
  identity: Client<typeof IdentityService>,
  { roles = [], org = "" }: MemberFilter,
  signal: AbortSignal,
): Promise<string[]> => {
  const names: string[] = [];
  while (names.length < maxUsers) {
    const request = { roles: [...roles], org, limit: pageSize, offset: names.length };
    const { users } = await identity.getUsers(request, { signal }).catch((error: unknown) => {
      throw new RpcError(Code.Unavailable, "users cannot be looked up", { cause: error });
    });
    names.push(...users.map(({ username }) => username));
    if (users.length < pageSize) return names;
  }
  throw new RpcError(Code.ResourceExhausted, "too many users; filter by user name");
};
