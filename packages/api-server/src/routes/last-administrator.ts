import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { Backends } from "../backends/backends.ts";
import { ApiError } from "../http/api-error.ts";

/** The global role of those who administer the platform (grpc-behaviour section 2 "Roles"). */
const administrators = "admin";
const pageSize = 100;

const mayAdminister = ({ roles, isValid, locked }: User): boolean =>
  isValid && !locked && roles.includes(administrators);

/**
 * Refuses to delete the last administrator, as Identity does, but before their workspaces are deleted.
 * @throws ApiError conflict
 */
export const refuseLastAdministrator = async (
  { identity }: Pick<Backends, "identity">,
  user: User,
): Promise<void> => {
  if (!mayAdminister(user)) return;
  for (let offset = 0; ; offset += pageSize) {
    const { users } = await identity.getUsers({ roles: [administrators], limit: pageSize, offset });
    if (users.some((other) => other.username !== user.username && mayAdminister(other))) return;
    if (users.length < pageSize) break;
  }
  throw new ApiError(
    "conflict",
    `nobody would be left to administer the platform: give another user the role ${administrators} first`,
  );
};
