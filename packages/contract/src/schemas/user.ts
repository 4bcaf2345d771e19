import { z } from "zod";
import { name, opt, time, timeOrNull, uint32, username } from "./common.ts";

const person = {
  username: z.string(),
  organization: z.string(),
  fullname: z.string(),
  email: z.string(),
  uid: uint32,
  gid: uint32,
  shell: z.string(),
  sudo: z.boolean(),
  source: z.string().describe("`local` or the identity provider that the user came from."),
  roles: z.array(z.string()),
  blueprints: z.array(z.string()),
};

/**
 * rest-contract 2.4 and section 6, row 3: the newest clients read `is_valid` and `account_locked`, the released
 * command line `isValid` and `locked`. Both spellings are always there.
 */
export const userProfile = z
  .object({
    ...person,
    is_valid: z.boolean(),
    isValid: z.boolean().describe("Same as `is_valid`."),
    account_locked: z.boolean(),
    locked: z.boolean().describe("Same as `account_locked`."),
    password_locked: z
      .boolean()
      .optional()
      .describe(
        "Too many wrong passwords: password sign-in is refused for a while. In lists only with the embedded Identity.",
      ),
    password_locked_until: time.optional(),
    expiresAt: timeOrNull.describe("The account ends then; null: never."),
    manage_repos: z.string().optional(),
    manageRepos: z.string().optional().describe("Same as `manage_repos`."),
    gitAddress: z.string().optional(),
  })
  .meta({ id: "UserProfile", description: "A user, as shown to that user and to administrators." });

/** rest-contract 2.4. */
export const user = z
  .object({
    ...person,
    isValid: z.boolean(),
    expiresAt: timeOrNull,
    locked: z.boolean(),
    manageRepos: z.string().optional(),
    gitAddress: z.string().optional(),
  })
  .meta({ id: "User", description: "A user account." });

const text = z.string().trim().max(256);
const password = z.string().max(1024);
const shell = z.string().trim().max(256);
const roles = z.array(name).max(100);

export const userCreateRequest = z
  .object({
    username,
    org: opt(name).describe("Default: the caller's organization."),
    fullname: opt(text),
    email: opt(text),
    password: opt(password),
    roles: opt(roles),
    shell: opt(shell),
    sudo: opt(z.boolean()),
    locked: opt(z.boolean()),
    uid: opt(uint32),
    gid: opt(uint32),
  })
  .meta({ id: "UserCreateRequest", description: "A new user." });

export const userUpdateRequest = z
  .object({
    fullname: opt(text),
    shell: opt(shell),
    email: opt(text),
    org: opt(name),
    roles: opt(roles).describe("Replaces the roles; an empty list removes all."),
    sudo: opt(z.boolean()),
    locked: opt(z.boolean()),
    uid: opt(uint32),
    gid: opt(uint32),
    preserveWorkspaces: opt(z.boolean()).describe(
      "false: delete the workspaces when the organization changes.",
    ),
  })
  .meta({ id: "UserUpdateRequest", description: "Changes to a user. What is left out stays as it is." });

export const userDeleteRequest = z
  .object({ preserveWorkspaces: opt(z.boolean()) })
  .meta({ id: "UserDeleteRequest", description: "How to delete a user." });

/** `current_password` is the API's spelling, `currentPassword` the one of the in-workspace socket; both are read. */
export const userPasswordRequest = z
  .object({ password, current_password: opt(password), currentPassword: opt(password) })
  .meta({ id: "UserPasswordRequest", description: "A new password. An empty one removes the password." });

export const userLoginRequest = z
  .object({ username, password })
  .meta({ id: "UserLoginRequest", description: "Sign-in by password." });

export const passwordResetRequest = z
  .object({ email: z.string().min(3).max(256) })
  .meta({ id: "PasswordResetRequest", description: "Whose password was forgotten." });

export const passwordResetConfirmRequest = z.object({ token: z.string().min(1).max(256), password }).meta({
  id: "PasswordResetConfirmRequest",
  description: "A new password, with the token of a reset link.",
});

export const passwordResetLink = z
  .object({ link: z.string(), expiresAt: z.iso.datetime() })
  .meta({ id: "PasswordResetLink", description: "A page that sets a password once; a secret." });

export const userRolesRequest = z
  .object({ roles: z.array(name).min(1).max(100) })
  .meta({ id: "UserRolesRequest", description: "Roles to add or remove." });

export const userBlueprintsRequest = z
  .object({ blueprints: z.array(name).min(1).max(100) })
  .meta({ id: "UserBlueprintsRequest", description: "Blueprints to add or remove." });

/** rest-contract 2.13. */
export const userAuthKey = z
  .object({
    index: z.int().min(0).describe("Place in this list; what a key is deleted by."),
    key: z.string().describe("The public key, or its fingerprint with `format=digest`."),
    source: z.string(),
  })
  .meta({ id: "UserAuthKey", description: "An SSH public key of a user." });

export const userKeysRequest = z
  .object({ keys: z.array(z.string().trim().min(1).max(16_384)).min(1).max(100) })
  .meta({ id: "UserKeysRequest", description: "SSH public keys in authorized_keys form." });

/** rest-contract 2.9. */
export const capability = z
  .object({
    action: z.string().describe("E.g. `workspace:connect:webshell`."),
    allowed: z.boolean(),
    reason: z.string(),
    obligations: z.record(z.string(), z.string()).optional(),
  })
  .meta({ id: "Capability", description: "Whether an action is allowed, for showing or hiding controls." });

export const envVar = z
  .object({
    key: z.string(),
    value: z.string(),
    isSecret: z.boolean(),
    createdAt: timeOrNull,
    updatedAt: timeOrNull,
    redacted: z.boolean().optional(),
    origin: z.string().optional().describe("`org` or `user`."),
  })
  .meta({ id: "EnvVar", description: "An environment variable of a user or an organization." });

/** Name of an environment variable. */
export const envVarKey = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "must be letters, digits and _, not beginning with a digit");

export const envVarCreateRequest = z
  .object({ key: envVarKey, value: z.string().max(65_536), isSecret: opt(z.boolean()) })
  .meta({ id: "EnvVarCreateRequest", description: "A new environment variable." });

export const envVarUpdateRequest = z
  .object({ value: opt(z.string().max(65_536)), isSecret: opt(z.boolean()) })
  .meta({ id: "EnvVarUpdateRequest", description: "Changes to an environment variable." });

export const repoOwner = z
  .object({
    login: z.string(),
    kind: z.string().describe("`user` or `organization`."),
    description: z.string().optional(),
    avatarUrl: z.string().optional(),
  })
  .meta({ id: "RepoOwner", description: "Somebody whose repositories the user can see." });

export const repo = z
  .object({
    name: z.string(),
    fullName: z.string(),
    description: z.string().optional(),
    private: z.boolean().optional(),
    defaultBranch: z.string().optional(),
    htmlUrl: z.string().optional(),
  })
  .meta({ id: "Repo", description: "A repository." });

export type UserProfileJson = z.output<typeof userProfile>;
export type UserJson = z.output<typeof user>;
export type UserAuthKeyJson = z.output<typeof userAuthKey>;
export type EnvVarJson = z.output<typeof envVar>;
export type CapabilityJson = z.output<typeof capability>;
