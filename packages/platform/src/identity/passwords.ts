import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import { hash, verify } from "@node-rs/argon2";
import type { Directory } from "./directory.ts";
import { isUsername, normalizeUsername } from "./names.ts";
import type { PasswordLockouts } from "./password-lockouts.ts";
import { randomSecret } from "./secrets.ts";
import type { IdentityDatabase } from "./store.ts";

const minCharacters = 8;
const maxBytes = 72;

export interface PasswordCheck {
  readonly valid: boolean;
  readonly locked: boolean;
  /** Present when valid. */
  readonly user?: User;
}

export interface Passwords {
  readonly rpcs: Pick<
    ServiceImpl<typeof IdentityService>,
    "authUserPassword" | "setUserPassword" | "getPasswordLockoutStatus" | "clearPasswordLockout"
  >;
  /** Checks the rules for a new password and hashes it (argon2id). @throws RpcError InvalidArgument */
  hash(password: string): Promise<string>;
  /** Checks a password against the lockout and the stored hash. Takes as long for a user that does not exist. */
  check(username: string, password: string): Promise<PasswordCheck>;
  clearLockout(username: string): Promise<void>;
}

interface PasswordsDeps {
  db: IdentityDatabase;
  directory: Directory;
  lockouts: PasswordLockouts;
  now: () => number;
}

/** Passwords of local users: argon2id hashes and the lockout (grpc-behaviour sections 3 and 6). */
export const createPasswords = ({ db, directory, lockouts, now }: PasswordsDeps): Passwords => {
  // Compared against when there is no such user or password, so that both cases cost the same.
  // Made by the first check of any name, so that its cost says nothing either.
  let decoy: Promise<string> | undefined;
  const decoyHash = (): Promise<string> => {
    decoy ??= hash(randomSecret());
    return decoy;
  };

  const hashNew = async (password: string): Promise<string> => {
    if ([...password].length < minCharacters)
      throw new RpcError(Code.InvalidArgument, `a password has at least ${minCharacters} characters`);
    if (Buffer.byteLength(password) > maxBytes)
      throw new RpcError(Code.InvalidArgument, `a password has at most ${maxBytes} bytes`);
    return hash(password);
  };

  const check: Passwords["check"] = async (name, password) => {
    const username = normalizeUsername(name);
    const absent = await decoyHash();
    // Names that nobody can have are not counted: they would only fill the bucket.
    if (!isUsername(username) || Buffer.byteLength(password) > maxBytes) {
      await verify(absent, "").catch(() => false);
      return { valid: false, locked: false };
    }
    if (!(await lockouts.begin(username))) return { valid: false, locked: true };
    const row = await db
      .selectFrom("users")
      .select("password_hash")
      .where("username", "=", username)
      .executeTakeFirst();
    const stored = row?.password_hash || undefined;
    const matches = await verify(stored ?? absent, password);
    const user = matches && stored !== undefined ? await directory.get(username) : undefined;
    if (!user?.isValid) return { valid: false, locked: (await lockouts.lockedUntil(username)) !== undefined };
    await lockouts.clear(username);
    return { valid: true, locked: false, user };
  };

  return {
    hash: hashNew,
    check,
    clearLockout: (username) => lockouts.clear(normalizeUsername(username)),
    rpcs: {
      authUserPassword: ({ username, password }) => check(username, password),
      async setUserPassword({ username: name, password }) {
        const { username } = await directory.require(name);
        const password_hash = password === "" ? "" : await hashNew(password);
        await db
          .updateTable("users")
          .set({ password_hash, updated_at: now() })
          .where("username", "=", username)
          .execute();
        directory.changed(username);
        return directory.require(username);
      },
      async getPasswordLockoutStatus({ username }) {
        const until = await lockouts.lockedUntil(normalizeUsername(username));
        return { locked: until !== undefined, lockedUntil: BigInt(until ?? 0) };
      },
      async clearPasswordLockout({ username }) {
        await lockouts.clear(normalizeUsername(username));
        return { success: true };
      },
    },
  };
};
