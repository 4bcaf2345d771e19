import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type {
  CreateUserRequest,
  IdentityService,
  UpdateUserRequest,
} from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import { transact } from "../storage/exclusive.ts";
import type { Directory } from "./directory.ts";
import { keepingAnAdministrator } from "./last-administrator.ts";
import { normalizeUsername, parseEmail, parseShell, parseText, parseUsername } from "./names.ts";
import type { Passwords } from "./passwords.ts";
import { allocateUid, defaultUidRange } from "./posix-ids.ts";
import { requireOrganization } from "./require-organization.ts";
import { grantRoles, roleIds } from "./role-grants.ts";
import { type IdentityDatabase, refuseDuplicate } from "./store.ts";

const maxPosixId = 0xffff_fffd;

export interface NewUser {
  username: string;
  organization: string;
  fullname?: string;
  email?: string;
  /** Argon2 hash; empty: no password. */
  passwordHash?: string;
  roles?: readonly string[];
  shell?: string;
  sudo?: boolean;
  locked?: boolean;
  /** 0: the next free one. */
  uid?: number;
  /** 0: the same as the uid. */
  gid?: number;
  /** `local`, or the name of an identity provider. */
  source: string;
  manageRepos?: string;
  gitAddress?: string;
}

export interface Users {
  readonly rpcs: Pick<
    ServiceImpl<typeof IdentityService>,
    "findUser" | "createUser" | "updateUser" | "deleteUser" | "addUserRoles" | "removeUserRoles"
  >;
  /** Adds a user in the caller's transaction; call `directory.changed` after it. Errors as CreateUser. */
  insert(trx: IdentityDatabase, user: NewUser): Promise<string>;
}

interface UsersDeps {
  db: IdentityDatabase;
  directory: Directory;
  passwords: Passwords;
  now: () => number;
}

const checkPosixId = (id: number, field: string): number => {
  if (id < 1 || id > maxPosixId) throw new RpcError(Code.InvalidArgument, `${field} is out of range`);
  return id;
};

const flag = (value: boolean): 0 | 1 => (value ? 1 : 0);

/** The rpcs that read and change single users (grpc-behaviour section 6 "Users and related"). */
export const createUsers = ({ db, directory, passwords, now }: UsersDeps): Users => {
  const insert: Users["insert"] = async (trx, user) => {
    const username = parseUsername(user.username);
    const organization = await requireOrganization(trx, user.organization);
    const ids = await roleIds(trx, user.roles ?? [], organization);
    const email = parseEmail(user.email ?? "");
    const clash = await trx
      .selectFrom("users")
      .select(["username", "email", "uid"])
      .where((eb) =>
        eb.or([
          eb("username", "=", username),
          ...(email === null ? [] : [eb("email", "=", email)]),
          ...(user.uid ? [eb("uid", "=", user.uid)] : []),
        ]),
      )
      .executeTakeFirst();
    if (clash) {
      const what =
        clash.username === username ? "username" : email !== null && clash.email === email ? "email" : "uid";
      throw new RpcError(Code.AlreadyExists, `a user with this ${what} already exists`);
    }
    const uid = user.uid ? checkPosixId(user.uid, "uid") : await allocateUid(trx, defaultUidRange);
    const values = {
      username,
      organization,
      fullname: parseText(user.fullname ?? "", "fullname"),
      email,
      uid,
      gid: user.gid ? checkPosixId(user.gid, "gid") : uid,
      shell: parseShell(user.shell ?? ""),
      sudo: flag(user.sudo ?? false),
      locked: flag(user.locked ?? false),
      source: user.source,
      is_valid: 1 as const,
      expires_at: null,
      manage_repos: user.manageRepos ?? "",
      git_address: user.gitAddress ?? "",
      password_hash: user.passwordHash ?? "",
      created_at: now(),
      updated_at: now(),
    };
    await refuseDuplicate(trx.insertInto("users").values(values).execute(), "the user already exists");
    await grantRoles(trx, username, ids);
    return username;
  };

  const createUser = async (request: CreateUserRequest): Promise<User> => {
    const passwordHash = request.password === "" ? "" : await passwords.hash(request.password);
    const { $typeName: _type, $unknown: _unknown, password: _password, ...fields } = request;
    const username = await transact(db, (trx) => insert(trx, { ...fields, passwordHash, source: "local" }));
    directory.changed(username);
    return directory.require(username);
  };

  const updateColumns = async (trx: IdentityDatabase, username: string, request: UpdateUserRequest) => {
    const { fullname, sudo, locked, org, email, uid, gid, shell } = request;
    const parsedEmail = email === undefined ? undefined : parseEmail(email);
    const values = {
      ...(fullname === undefined ? {} : { fullname: parseText(fullname, "fullname") }),
      ...(sudo === undefined ? {} : { sudo: flag(sudo) }),
      ...(locked === undefined ? {} : { locked: flag(locked) }),
      ...(org === undefined ? {} : { organization: await requireOrganization(trx, org) }),
      ...(parsedEmail === undefined ? {} : { email: parsedEmail }),
      ...(uid === undefined ? {} : { uid: checkPosixId(uid, "uid") }),
      ...(gid === undefined ? {} : { gid: checkPosixId(gid, "gid") }),
      ...(shell === undefined ? {} : { shell: parseShell(shell) }),
      updated_at: now(),
    };
    const update = trx
      .updateTable("users")
      .set(values)
      .where("username", "=", username)
      .executeTakeFirstOrThrow();
    const { numUpdatedRows } = await refuseDuplicate(update, "another user has this email or uid");
    if (numUpdatedRows === 0n) throw new RpcError(Code.NotFound, "user not found");
  };

  /** Roles after an update: replaced when given, otherwise without those of an organization the user has left. */
  const updateRoles = async (trx: IdentityDatabase, username: string, request: UpdateUserRequest) => {
    const { organization } = await trx
      .selectFrom("users")
      .select("organization")
      .where("username", "=", username)
      .executeTakeFirstOrThrow();
    if (request.roles.length > 0 || request.clearRoles) {
      const ids = await roleIds(trx, request.roles, organization);
      await trx.deleteFrom("user_roles").where("username", "=", username).execute();
      await grantRoles(trx, username, ids);
    } else if (request.org !== undefined) {
      await trx
        .deleteFrom("user_roles")
        .where("username", "=", username)
        .where("role_id", "in", (eb) =>
          eb.selectFrom("roles").select("id").where("org", "not in", ["", organization]),
        )
        .execute();
    }
  };

  const changeRoles = async (
    request: { username: string; roles: readonly string[] },
    change: (trx: IdentityDatabase, username: string, ids: number[]) => Promise<unknown>,
  ): Promise<User> => {
    if (request.roles.length === 0) throw new RpcError(Code.InvalidArgument, "at least one role is required");
    const { username, organization } = await directory.require(request.username);
    await keepingAnAdministrator(db, now, async (trx) =>
      change(trx, username, await roleIds(trx, request.roles, organization)),
    );
    directory.changed(username);
    return directory.require(username);
  };

  return {
    insert,
    rpcs: {
      async findUser({ username, email }) {
        if ((username === "") === (email === ""))
          throw new RpcError(Code.InvalidArgument, "exactly one of username and email is required");
        const user = await (username === "" ? directory.getByEmail(email) : directory.get(username));
        if (!user) throw new RpcError(Code.NotFound, "user not found");
        if (!user.isValid) throw new RpcError(Code.Internal, "user is not valid");
        return user;
      },
      createUser,
      async updateUser(request) {
        if (request.clearRoles && request.roles.length > 0)
          throw new RpcError(Code.InvalidArgument, "roles and clear_roles exclude each other");
        const username = normalizeUsername(request.username);
        await keepingAnAdministrator(db, now, async (trx) => {
          await updateColumns(trx, username, request);
          await updateRoles(trx, username, request);
        });
        directory.changed(username);
        return directory.require(username);
      },
      async deleteUser(request) {
        const username = normalizeUsername(request.username);
        // Keys, tokens, credentials, provider accounts and links go with the row (on delete cascade).
        await keepingAnAdministrator(db, now, async (trx) => {
          const { numDeletedRows } = await trx
            .deleteFrom("users")
            .where("username", "=", username)
            .executeTakeFirstOrThrow();
          if (numDeletedRows === 0n) throw new RpcError(Code.NotFound, "user not found");
          await trx
            .deleteFrom("env_vars")
            .where("owner_kind", "=", "user")
            .where("owner", "=", username)
            .execute();
        });
        directory.changed(username);
        await passwords.clearLockout(username);
        return { success: true };
      },
      addUserRoles: (request) => changeRoles(request, grantRoles),
      removeUserRoles: (request) =>
        changeRoles(request, (trx, username, ids) =>
          trx.deleteFrom("user_roles").where("username", "=", username).where("role_id", "in", ids).execute(),
        ),
    },
  };
};
