import { create, equals } from "@bufbuild/protobuf";
import { type User, UserSchema } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import type { Selectable } from "kysely";
import { LRUCache } from "lru-cache";
import { isShared } from "../storage/dialect.ts";
import { normalizeUsername } from "./names.ts";
import type { IdentitySchema } from "./schema.ts";
import type { IdentityDatabase } from "./store.ts";
import { toTimestamp } from "./time.ts";

/** How long a record is believed that other processes may change, milliseconds. */
export const sharedTtlMs = 1000;

/** Users kept in memory; a platform rarely has more that are active at once. */
const cacheSize = 10_000;

/** Told that a user changed or is gone, or (undefined) that any of them may have. */
export type ChangeListener = (username: string | undefined) => void;

/**
 * The read side of users: records joined with their roles and blueprints, cached because every authenticated request
 * asks for one. Messages it gives out are shared: nobody may change them.
 */
export interface Directory {
  /** A user by name, valid or not. */
  get(username: string): Promise<User | undefined>;
  /** A user by name. @throws RpcError NotFound */
  require(username: string): Promise<User>;
  getByEmail(email: string): Promise<User | undefined>;
  /** All users, unsorted. */
  all(): Promise<User[]>;
  /** To be called after each committed change of a user (or, without a name, of roles). */
  changed(username?: string): void;
  subscribe(listener: ChangeListener): void;
}

type Row = Selectable<IdentitySchema["users"]>;

interface Grant {
  username: string;
  role: string;
  blueprint: string | null;
}

const toMessage = (row: Row, grants: readonly Grant[], now: number): User => {
  const unique = (values: (string | null)[]) =>
    [...new Set(values.filter((value) => value !== null))].sort((a, b) => (a < b ? -1 : 1));
  return create(UserSchema, {
    username: row.username,
    organization: row.organization,
    isValid: row.is_valid === 1 && (row.expires_at === null || row.expires_at > now),
    expiresAt: toTimestamp(row.expires_at),
    uid: row.uid,
    gid: row.gid,
    fullname: row.fullname,
    email: row.email ?? "",
    // Only that there is one: whoever changes their own password must then prove that they know it.
    password: row.password_hash === "" ? "" : "set",
    locked: row.locked === 1,
    roles: unique(grants.map((grant) => grant.role)),
    blueprints: unique(grants.map((grant) => grant.blueprint)),
    source: row.source,
    shell: row.shell,
    sudo: row.sudo === 1,
    manageRepos: row.manage_repos,
    gitAddress: row.git_address,
  });
};

/** Makes the directory over an open identity database. */
export const createDirectory = ({ db, now }: { db: IdentityDatabase; now: () => number }): Directory => {
  const cache = new LRUCache<string, { user: User; until: number }>({ max: cacheSize });
  const listeners: ChangeListener[] = [];
  let epoch = 0;

  const grantsOf = (username?: string): Promise<Grant[]> => {
    const query = db
      .selectFrom("user_roles")
      .innerJoin("roles", "roles.id", "user_roles.role_id")
      .leftJoin("role_blueprints", "role_blueprints.role_id", "roles.id")
      .select(["user_roles.username", "roles.name as role", "role_blueprints.blueprint"]);
    return (username === undefined ? query : query.where("user_roles.username", "=", username)).execute();
  };

  const load = async (username: string): Promise<User | undefined> => {
    const seen = epoch;
    const row = await db.selectFrom("users").selectAll().where("username", "=", username).executeTakeFirst();
    if (!row) return undefined;
    const read = toMessage(row, await grantsOf(username), now());
    // The same message as long as nothing changed: tokens and decisions made for it stay good.
    const before = cache.peek(username)?.user;
    const user = before && equals(UserSchema, before, read) ? before : read;
    // A change made while this was read wins: what was read may be older than it.
    if (seen === epoch) {
      const expiry = row.expires_at !== null && user.isValid ? row.expires_at : Number.POSITIVE_INFINITY;
      const until = isShared(db) ? Math.min(expiry, now() + sharedTtlMs) : expiry;
      cache.set(username, { user, until });
    }
    return user;
  };

  const directory: Directory = {
    async get(name) {
      const hit = cache.get(name);
      if (hit && hit.until > now()) return hit.user;
      return load(normalizeUsername(name));
    },
    async require(name) {
      const user = await directory.get(name);
      if (!user) throw new RpcError(Code.NotFound, "user not found");
      return user;
    },
    async getByEmail(email) {
      const row = await db
        .selectFrom("users")
        .select("username")
        .where("email", "=", email.trim().toLowerCase())
        .executeTakeFirst();
      return row && directory.get(row.username);
    },
    async all() {
      const [rows, grants] = await Promise.all([db.selectFrom("users").selectAll().execute(), grantsOf()]);
      const byUser = Map.groupBy(grants, (grant) => grant.username);
      return rows.map((row) => toMessage(row, byUser.get(row.username) ?? [], now()));
    },
    changed(username) {
      epoch++;
      if (username === undefined) cache.clear();
      else cache.delete(username);
      for (const listener of listeners) listener(username);
    },
    subscribe: (listener) => void listeners.push(listener),
  };
  return directory;
};
