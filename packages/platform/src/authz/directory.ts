import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { FilterOp, Operator } from "@k8shell/contract/gen/query/v1/query_pb.js";
import { type Client, Code, RpcError } from "@k8shell/rpc";
import { LRUCache } from "lru-cache";

/** What policies may know about the owner of a resource. */
export interface Person {
  readonly org?: string;
  readonly idp?: string;
  readonly roles: readonly string[];
  /** Identity could not be asked: decisions that follow must not be remembered. */
  readonly uncertain: boolean;
}

export interface Directory {
  /** An unknown user is a person without organization and roles. Answers at once when it knows. */
  person(username: string): Person | Promise<Person>;
  /**
   * Names of the roles an organization has of its own.
   * @throws RpcError when Identity cannot be asked
   */
  organizationRoles(org: string): Promise<readonly string[]>;
}

export interface DirectoryOptions {
  readonly identity: Client<typeof IdentityService>;
  /** How long an answer is believed, milliseconds. */
  readonly ttlMs: number;
  readonly onFailure: (error: unknown, username: string) => void;
}

/**
 * A user whose account may have expired: FindUser fails with Internal for those (grpc-behaviour section 6), a query does not.
 * @throws RpcError that of FindUser
 */
const findUser = async (identity: Client<typeof IdentityService>, username: string): Promise<User> => {
  try {
    return await identity.findUser({ username });
  } catch (failure) {
    if (!(failure instanceof RpcError) || failure.code !== Code.Internal) throw failure;
    const conditions = [{ field: "username", op: Operator.EQ, values: [username] }];
    const query = { filters: { op: FilterOp.AND, conditions }, page: { limit: 100 } };
    const { users } = await identity.queryUsers({ query }).catch(() => ({ users: [] }));
    const found = users.find((user) => user.username === username);
    if (!found) throw failure;
    return found;
  }
};

/** Looks users up in Identity, each at most once per `ttlMs`. */
export const createDirectory = ({ identity, ttlMs, onFailure }: DirectoryOptions): Directory => {
  const people = new LRUCache<string, Person>({ max: 10_000, ttl: ttlMs });
  const roles = new LRUCache<string, readonly string[]>({ max: 1000, ttl: ttlMs });
  const pending = new Map<string, Promise<Person>>();

  const lookUp = async (username: string): Promise<Person> => {
    let person: Person;
    try {
      const user = await findUser(identity, username);
      person = {
        org: user.organization || undefined,
        idp: user.source || undefined,
        roles: user.roles,
        uncertain: false,
      };
    } catch (error) {
      const missing = error instanceof RpcError && error.code === Code.NotFound;
      if (!missing) onFailure(error, username);
      person = { roles: [], uncertain: !missing };
    } finally {
      pending.delete(username);
    }
    if (!person.uncertain) people.set(username, person);
    return person;
  };

  return {
    person(username) {
      const known = people.get(username);
      if (known) return known;
      let lookup = pending.get(username);
      if (!lookup) {
        lookup = lookUp(username);
        pending.set(username, lookup);
      }
      return lookup;
    },
    async organizationRoles(org) {
      const known = roles.get(org);
      if (known) return known;
      const list = await identity.listRoles({ org });
      const names = list.roles.filter((role) => role.org === org).map((role) => role.name);
      roles.set(org, names);
      return names;
    },
  };
};
