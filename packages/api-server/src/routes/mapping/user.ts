import type { UserAuthKeyJson, UserJson, UserProfileJson } from "@k8shell/contract";
import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { PasswordLockoutStatus, UserAuthKey } from "@k8shell/contract/gen/identity/v1/types_pb.js";
import { timeOrNull, unixTimeOrNull, unlessEmpty } from "./values.ts";

const person = (user: User) => ({
  username: user.username,
  organization: user.organization,
  fullname: user.fullname,
  email: user.email,
  uid: user.uid,
  gid: user.gid,
  shell: user.shell,
  sudo: user.sudo,
  source: user.source,
  roles: user.roles,
  blueprints: user.blueprints,
});

const lockoutJson = (lockout: PasswordLockoutStatus) => {
  const until = unixTimeOrNull(lockout.lockedUntil);
  return { password_locked: lockout.locked, ...(until === null ? {} : { password_locked_until: until }) };
};

/**
 * A user with both spellings of what clients of different ages read (rest-contract section 6, row 3). Whatever
 * Identity has in its password field never leaves.
 * @param lockout absent when it is not known
 */
export const profileJson = (user: User, lockout?: PasswordLockoutStatus): UserProfileJson => ({
  ...person(user),
  is_valid: user.isValid,
  isValid: user.isValid,
  account_locked: user.locked,
  locked: user.locked,
  ...(lockout ? lockoutJson(lockout) : {}),
  expiresAt: timeOrNull(user.expiresAt),
  ...unlessEmpty("manage_repos", user.manageRepos),
  ...unlessEmpty("manageRepos", user.manageRepos),
  ...unlessEmpty("gitAddress", user.gitAddress),
});

/** rest-contract 2.4, User. */
export const userJson = (user: User): UserJson => ({
  ...person(user),
  isValid: user.isValid,
  expiresAt: timeOrNull(user.expiresAt),
  locked: user.locked,
  ...unlessEmpty("manageRepos", user.manageRepos),
  ...unlessEmpty("gitAddress", user.gitAddress),
});

/** A key and its place in the list, which it is deleted by. */
export const authKeyJson = ({ key, source }: UserAuthKey, index: number): UserAuthKeyJson => ({
  index,
  key,
  source,
});
