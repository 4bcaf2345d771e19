import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { Backends } from "../backends/backends.ts";
import { ApiError } from "../http/api-error.ts";

/** The global role of those who administer the platform (grpc-behaviour section 2 "Roles"). */
export const administrators = "admin";
const pageSize = 100;

const mayAdminister = ({ roles, isValid, locked }: User): boolean =>
  isValid && !locked && roles.includes(administrators);

/**
 * Refuses to take the last administrator away, which would lock everybody out. Asked before anything is done: their
 * workspaces are deleted before they are. Two that give up at the same moment are the embedded Identity's to refuse.
 * @param user as they are, before the change that ends their administration
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
    `${user.username} is the last administrator: give another user the role ${administrators} first.`,
  );
};
