import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { FilterOp, Operator } from "@k8shell/contract/gen/query/v1/query_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import type { Backends } from "./backends.ts";

/**
 * A user whose account may have expired. Identity's FindUser fails with Internal for those (grpc-behaviour section 6), and
 * an administrator must be able to see, change and delete them: a query tells of every user.
 * @throws RpcError NotFound; that of FindUser when a query does not tell either
 */
export const findAnyUser = async (
  { identity }: Pick<Backends, "identity">,
  username: string,
): Promise<User> => {
  try {
    return await identity.findUser({ username });
  } catch (failure) {
    if (!(failure instanceof RpcError) || failure.code !== Code.Internal) throw failure;
    const conditions = [{ field: "username", op: Operator.EQ, values: [username] }];
    const query = { filters: { op: FilterOp.AND, conditions }, page: { limit: 100 } };
    const { users } = await identity.queryUsers({ query }).catch(() => ({ users: [] }));
    const found = users.find((user) => user.username.toLowerCase() === username.toLowerCase());
    if (!found) throw failure;
    return found;
  }
};
