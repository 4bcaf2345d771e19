import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { Operator } from "@k8shell/contract/gen/query/v1/query_pb.js";
import type { ServiceImpl } from "@k8shell/rpc";
import { createQueryEngine } from "../query/index.ts";
import type { Directory } from "./directory.ts";
import { identityPage } from "./list-page.ts";
import { toDate } from "./time.ts";

const intersects = (left: readonly string[], right: readonly string[]): boolean =>
  left.some((value) => right.includes(value));

type UserListRpcs = Pick<
  ServiceImpl<typeof IdentityService>,
  "getUsers" | "getUsersQuerySchema" | "queryUsers"
>;

/** The rpcs that list users. */
export const createUserList = (deps: { directory: Directory; now: () => number }): UserListRpcs => {
  const engine = createQueryEngine<User>({
    resource: "users",
    fields: [
      { name: "username", type: "string", value: (user) => user.username },
      { name: "email", type: "string", value: (user) => user.email },
      { name: "organization", type: "string", value: (user) => user.organization },
      { name: "roles", type: "string", operators: [Operator.IN], value: (user) => user.roles },
      { name: "blueprints", type: "string", operators: [Operator.IN], value: (user) => user.blueprints },
      { name: "sudo", type: "boolean", value: (user) => user.sudo },
      { name: "source", type: "string", value: (user) => user.source },
      { name: "isValid", type: "boolean", value: (user) => user.isValid },
      { name: "locked", type: "boolean", value: (user) => user.locked },
      { name: "expiresAt", type: "datetime", value: (user) => toDate(user.expiresAt) },
    ],
    defaultSort: ["username"],
    page: identityPage,
    obligations: {
      roles: (user, values) => intersects(user.roles, values),
      blueprints: (user, values) => intersects(user.blueprints, values),
      org: (user, values) => values.includes(user.organization),
    },
    now: deps.now,
  });
  return {
    async getUsers({ limit, offset, roles, blueprints, org }) {
      const users = (await deps.directory.all()).filter(
        (user) =>
          (org === "" || user.organization === org) &&
          (roles.length === 0 || intersects(user.roles, roles)) &&
          (blueprints.length === 0 || intersects(user.blueprints, blueprints)),
      );
      return { users: engine.apply(users, { page: { limit, offset } }) };
    },
    getUsersQuerySchema: () => engine.descriptor,
    async queryUsers({ query }) {
      return { users: engine.apply(await deps.directory.all(), query) };
    },
  };
};
