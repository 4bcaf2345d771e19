import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { AuthKeyFormat, type IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import { transact } from "../storage/exclusive.ts";
import type { Directory } from "./directory.ts";
import { parseSshPublicKey, type SshPublicKey } from "./ssh-keys.ts";
import { type IdentityDatabase, nextId, refuseDuplicate } from "./store.ts";

const maxKeys = 100;

type AuthKeyRpcs = Pick<
  ServiceImpl<typeof IdentityService>,
  "listUserAuthKeys" | "addUserAuthKeys" | "removeUserAuthKey" | "authUserPublicKey"
>;

interface AuthKeysDeps {
  db: IdentityDatabase;
  directory: Directory;
  /** Keys the user has published at their identity provider; none for local users. */
  upstreamKeys: (user: User) => Promise<readonly string[]>;
  now: () => number;
}

interface ListedKey extends SshPublicKey {
  readonly source: string;
  /** Row id of a local key. */
  readonly id?: number;
}

/** The rpcs of SSH public keys (grpc-behaviour section 6 "Auth keys"): upstream keys first, then local, one index. */
export const createAuthKeys = ({ db, directory, upstreamKeys, now }: AuthKeysDeps): AuthKeyRpcs => {
  const upstream = async (user: User): Promise<SshPublicKey[]> =>
    (await upstreamKeys(user)).map(parseSshPublicKey).filter((key) => key !== undefined);

  // Fails when the provider does: without its keys the indexes would be those of other keys.
  const list = async (user: User): Promise<ListedKey[]> => {
    const local = await db
      .selectFrom("auth_keys")
      .selectAll()
      .where("username", "=", user.username)
      .orderBy("id")
      .execute();
    return [
      ...(await upstream(user)).map((key) => ({ ...key, source: user.source })),
      ...local.map(({ id, key, fingerprint }) => ({ id, text: key, fingerprint, source: "local" })),
    ];
  };

  return {
    async listUserAuthKeys({ username, format }) {
      const keys = await list(await directory.require(username));
      const digest = format === AuthKeyFormat.DIGEST;
      return {
        authKeys: keys.map((key) => ({ key: digest ? key.fingerprint : key.text, source: key.source })),
      };
    },
    async addUserAuthKeys({ username, authKeys }) {
      const user = await directory.require(username);
      if (authKeys.length === 0) throw new RpcError(Code.InvalidArgument, "at least one key is required");
      const keys = authKeys.map(parseSshPublicKey);
      const existing = await list(user);
      if (existing.length + keys.length > maxKeys)
        throw new RpcError(Code.FailedPrecondition, `a user has at most ${maxKeys} keys`);
      const taken = new Set(existing.map((key) => key.fingerprint));
      await transact(db, async (trx) => {
        for (const key of keys) {
          if (!key) throw new RpcError(Code.InvalidArgument, "not an SSH public key");
          if (taken.has(key.fingerprint)) throw new RpcError(Code.AlreadyExists, "the key already exists");
          taken.add(key.fingerprint);
          const row = {
            username: user.username,
            key: key.text,
            fingerprint: key.fingerprint,
            created_at: now(),
          };
          const id = await nextId(trx, "auth_key");
          await refuseDuplicate(
            trx
              .insertInto("auth_keys")
              .values({ ...row, id })
              .execute(),
            "the key already exists",
          );
        }
      });
      return user;
    },
    async removeUserAuthKey({ username, index }) {
      const user = await directory.require(username);
      const key = (await list(user))[index];
      if (!key) throw new RpcError(Code.InvalidArgument, "no key has this index");
      if (key.id === undefined)
        throw new RpcError(Code.FailedPrecondition, "a key of the identity provider is removed there");
      await db.deleteFrom("auth_keys").where("id", "=", key.id).execute();
      return user;
    },
    async authUserPublicKey({ username, publicKey }) {
      const user = await directory.get(username);
      const offered = parseSshPublicKey(publicKey);
      if (!user?.isValid || !offered) return { valid: false };
      const local = await db
        .selectFrom("auth_keys")
        .select("id")
        .where("username", "=", user.username)
        .where("fingerprint", "=", offered.fingerprint)
        .executeTakeFirst();
      const valid =
        local !== undefined || (await upstream(user)).some((key) => key.fingerprint === offered.fingerprint);
      return valid ? { valid, user } : { valid };
    },
  };
};
