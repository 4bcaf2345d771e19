// Generated from the route table by `npm run generate`; do not edit.

import type {
  AccessToken,
  AccessTokenCreateRequest,
  AccessTokenCreated,
  AccessTokenUpdateRequest,
  AppStatus,
  AuditRecord,
  BlueprintSummary,
  CallbackResult,
  Capability,
  CreatePortLinkRequest,
  EnvVar,
  EnvVarCreateRequest,
  EnvVarUpdateRequest,
  ExecRequest,
  ExecResult,
  FileInfo,
  FileList,
  Health,
  InjectNamespaces,
  InjectWorkload,
  LiveConnection,
  Message,
  OnboardRule,
  OnboardRuleCreateRequest,
  OnboardRuleRejectRequest,
  OnboardRuleUpdateRequest,
  Organization,
  OrganizationCreateRequest,
  OrganizationDeleteRequest,
  OrganizationUpdateRequest,
  PasswordResetConfirmRequest,
  PasswordResetLink,
  PasswordResetRequest,
  PendingLogin,
  PortLink,
  Probe,
  Provider,
  ProvisionJob,
  QueryDescriptor,
  QueryPayload,
  Recording,
  Repo,
  RepoOwner,
  RoleBlueprintsRequest,
  RoleCreateRequest,
  RoleInfo,
  RoleUpdateRequest,
  SSHSession,
  ScopeCatalog,
  SetPortRequest,
  SystemInfo,
  Upload,
  User,
  UserAuthKey,
  UserBlueprintsRequest,
  UserCreateRequest,
  UserCredential,
  UserCredentialUpdateRequest,
  UserDeleteRequest,
  UserGitCredentialRequest,
  UserKeysRequest,
  UserKubernetesCredentialRequest,
  UserLoginRequest,
  UserPasswordRequest,
  UserProfile,
  UserRegistryCredentialRequest,
  UserRolesRequest,
  UserToken,
  UserUpdateRequest,
  WorkspaceCreateRequest,
  WorkspaceCreateResponse,
  WorkspaceDetails,
  WorkspaceLogPage,
  WorkspacePort,
  WorkspaceTerminalSession,
} from "./types.ts";

/** Every operation that answers with JSON or nothing, by its id in the API reference. */
export interface Operations {
  /**
   * State of the server and the services behind it
   *
   * Answers 200 as long as the server works at all; `status` and `backends` say what is degraded.
   */
  healthcheck: {
    input: Record<never, never>;
    optional: true;
    output: Health;
  };

  /** Liveness probe */
  livez: {
    input: Record<never, never>;
    optional: true;
    output: Probe;
  };

  /** Readiness probe */
  readyz: {
    input: Record<never, never>;
    optional: true;
    output: Probe;
  };

  /** This document */
  getOpenApi: {
    input: Record<never, never>;
    optional: true;
    output: {
      openapi: string;
      [key: string]: unknown;
    };
  };

  /** Identity providers */
  listProviders: {
    input: {
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: Provider[];
  };

  /**
   * Sign in with a password
   *
   * Sets the session cookie. For users with a password here; others sign in with their provider.
   */
  passwordLogin: {
    input: {
      body: UserLoginRequest;
    };
    optional: false;
    output: CallbackResult;
  };

  /**
   * Ask for a link that resets a forgotten password
   *
   * The answer is the same whether or not somebody with a password has this address.
   */
  requestPasswordReset: {
    input: {
      body: PasswordResetRequest;
    };
    optional: false;
    output: void;
  };

  /**
   * Set a new password with the token of a reset link
   *
   * The user is signed out everywhere.
   */
  confirmPasswordReset: {
    input: {
      body: PasswordResetConfirmRequest;
    };
    optional: false;
    output: void;
  };

  /**
   * Complete a sign-in
   *
   * Takes JSON or a form; code and state may also be in the query. Sets the session cookie. Answers JSON when `Accept` asks for it, otherwise redirects.
   */
  postCallback: {
    input: {
      code?: string;
      state?: string;
      redirect?: string;
      provider?: string;
      error?: string;
      error_description?: string;
      body?: {
        code?: string;
        state?: string;
        redirect?: string;
      };
    };
    optional: true;
    output: CallbackResult;
  };

  /**
   * Sign out
   *
   * Ends the session of the cookie, if there is one, and clears the cookie.
   */
  logout: {
    input: Record<never, never>;
    optional: true;
    output: void;
  };

  /**
   * Poll for the token of a command-line sign-in
   *
   * An unknown state is pending too: polling may begin before the browser gets here. A token is given once.
   */
  pollToken: {
    input: {
      state: string;
    };
    optional: false;
    output: UserToken | PendingLogin;
  };

  /**
   * A user token for a process inside the platform
   *
   * Only from allowed source addresses, only for the caller's own user, and never with a session cookie.
   */
  issueInternalToken: {
    input: {
      /** Username; case does not matter. */
      username: string;
    };
    optional: false;
    output: UserToken;
  };

  /** List users */
  listUsers: {
    input: {
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: UserProfile[];
  };

  /** Create a user */
  createUser: {
    input: {
      body: UserCreateRequest;
    };
    optional: false;
    output: User;
  };

  /** Delete a user, and their workspaces unless they are to be kept */
  deleteUserAccount: {
    input: {
      /** Username; case does not matter. */
      username: string;
      body?: UserDeleteRequest;
    };
    optional: false;
    output: void;
  };

  /** Delete a user, and their workspaces unless they are to be kept (the caller's own) */
  deleteMyAccount: {
    input: {
      body?: UserDeleteRequest;
    };
    optional: true;
    output: void;
  };

  /** Profile of a user */
  getUserProfile: {
    input: {
      /** Username; case does not matter. */
      username: string;
    };
    optional: false;
    output: UserProfile;
  };

  /** Profile of a user (the caller's own) */
  getMyProfile: {
    input: Record<never, never>;
    optional: true;
    output: UserProfile;
  };

  /**
   * Change a user
   *
   * Each group of fields that is touched is decided on its own; nothing is written unless all are allowed.
   */
  updateUserProfile: {
    input: {
      /** Username; case does not matter. */
      username: string;
      body: UserUpdateRequest;
    };
    optional: false;
    output: User;
  };

  /**
   * Change a user (the caller's own)
   *
   * Each group of fields that is touched is decided on its own; nothing is written unless all are allowed.
   */
  updateMyProfile: {
    input: {
      body: UserUpdateRequest;
    };
    optional: false;
    output: User;
  };

  /**
   * Change a user; same as PATCH of the profile
   *
   * Each group of fields that is touched is decided on its own; nothing is written unless all are allowed.
   */
  updateUserAccount: {
    input: {
      /** Username; case does not matter. */
      username: string;
      body: UserUpdateRequest;
    };
    optional: false;
    output: User;
  };

  /**
   * Change a user; same as PATCH of the profile (the caller's own)
   *
   * Each group of fields that is touched is decided on its own; nothing is written unless all are allowed.
   */
  updateMyAccount: {
    input: {
      body: UserUpdateRequest;
    };
    optional: false;
    output: User;
  };

  /** Let a user try passwords again */
  clearUserPasswordLockout: {
    input: {
      /** Username; case does not matter. */
      username: string;
    };
    optional: false;
    output: void;
  };

  /** Let a user try passwords again (the caller's own) */
  clearMyPasswordLockout: {
    input: Record<never, never>;
    optional: true;
    output: void;
  };

  /**
   * Set a password
   *
   * Whoever changes their own password proves that they know the old one, if there is one.
   */
  setUserPassword: {
    input: {
      /** Username; case does not matter. */
      username: string;
      body: UserPasswordRequest;
    };
    optional: false;
    output: User;
  };

  /**
   * Set a password (the caller's own)
   *
   * Whoever changes their own password proves that they know the old one, if there is one.
   */
  setMyPassword: {
    input: {
      body: UserPasswordRequest;
    };
    optional: false;
    output: User;
  };

  /**
   * Make a link with which a user sets a new password
   *
   * For somebody else; whoever has the link can set the password once, within a day. Refused for oneself.
   */
  createUserPasswordResetLink: {
    input: {
      /** Username; case does not matter. */
      username: string;
    };
    optional: false;
    output: PasswordResetLink;
  };

  /**
   * Make a link with which a user sets a new password (the caller's own)
   *
   * For somebody else; whoever has the link can set the password once, within a day. Refused for oneself.
   */
  createMyPasswordResetLink: {
    input: Record<never, never>;
    optional: true;
    output: PasswordResetLink;
  };

  /** Give roles to a user */
  addUserRoles: {
    input: {
      /** Username; case does not matter. */
      username: string;
      body: UserRolesRequest;
    };
    optional: false;
    output: User;
  };

  /** Give roles to a user (the caller's own) */
  addMyRoles: {
    input: {
      body: UserRolesRequest;
    };
    optional: false;
    output: User;
  };

  /** Take roles from a user */
  removeUserRoles: {
    input: {
      /** Username; case does not matter. */
      username: string;
      body: UserRolesRequest;
    };
    optional: false;
    output: User;
  };

  /** Take roles from a user (the caller's own) */
  removeMyRoles: {
    input: {
      body: UserRolesRequest;
    };
    optional: false;
    output: User;
  };

  /** Names of the blueprints that a user may create workspaces from */
  listUserBlueprints: {
    input: {
      /** Username; case does not matter. */
      username: string;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: false;
    output: string[];
  };

  /** Names of the blueprints that a user may create workspaces from (the caller's own) */
  listMyBlueprints: {
    input: {
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: string[];
  };

  /**
   * See that a user may use blueprints
   *
   * Blueprints come with roles. Succeeds when there is nothing to change; otherwise give or take roles.
   */
  addUserBlueprints: {
    input: {
      /** Username; case does not matter. */
      username: string;
      body: UserBlueprintsRequest;
    };
    optional: false;
    output: void;
  };

  /**
   * See that a user may use blueprints (the caller's own)
   *
   * Blueprints come with roles. Succeeds when there is nothing to change; otherwise give or take roles.
   */
  addMyBlueprints: {
    input: {
      body: UserBlueprintsRequest;
    };
    optional: false;
    output: void;
  };

  /**
   * See that a user may not use blueprints
   *
   * Blueprints come with roles. Succeeds when there is nothing to change; otherwise give or take roles.
   */
  removeUserBlueprints: {
    input: {
      /** Username; case does not matter. */
      username: string;
      body: UserBlueprintsRequest;
    };
    optional: false;
    output: void;
  };

  /**
   * See that a user may not use blueprints (the caller's own)
   *
   * Blueprints come with roles. Succeeds when there is nothing to change; otherwise give or take roles.
   */
  removeMyBlueprints: {
    input: {
      body: UserBlueprintsRequest;
    };
    optional: false;
    output: void;
  };

  /** Owners of repositories that a user can see at the identity provider */
  listUserRepoOwners: {
    input: {
      /** Username; case does not matter. */
      username: string;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: false;
    output: RepoOwner[];
  };

  /** Owners of repositories that a user can see at the identity provider (the caller's own) */
  listMyRepoOwners: {
    input: {
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: RepoOwner[];
  };

  /** Repositories that a user can see at the identity provider */
  listUserRepos: {
    input: {
      /** Username; case does not matter. */
      username: string;
      /** Default: the user's own. */
      owner?: string;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: false;
    output: Repo[];
  };

  /** Repositories that a user can see at the identity provider (the caller's own) */
  listMyRepos: {
    input: {
      /** Default: the user's own. */
      owner?: string;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: Repo[];
  };

  /**
   * What a user may do
   *
   * For showing and hiding controls; every request is decided again when it is made.
   */
  getUserCapabilities: {
    input: {
      /** Username; case does not matter. */
      username: string;
      /** On whose things; default: the user's own. */
      resource_owner?: string;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: false;
    output: Capability[];
  };

  /**
   * What a user may do (the caller's own)
   *
   * For showing and hiding controls; every request is decided again when it is made.
   */
  getMyCapabilities: {
    input: {
      /** On whose things; default: the user's own. */
      resource_owner?: string;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: Capability[];
  };

  /** SSH keys of a user */
  listUserKeys: {
    input: {
      /** Username; case does not matter. */
      username: string;
      /** `digest`: fingerprints. */
      format?: "digest" | "normal";
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: false;
    output: UserAuthKey[];
  };

  /** SSH keys of a user (the caller's own) */
  listMyKeys: {
    input: {
      /** `digest`: fingerprints. */
      format?: "digest" | "normal";
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: UserAuthKey[];
  };

  /** Add SSH keys */
  addUserKeys: {
    input: {
      /** Username; case does not matter. */
      username: string;
      body: UserKeysRequest;
    };
    optional: false;
    output: void;
  };

  /** Add SSH keys (the caller's own) */
  addMyKeys: {
    input: {
      body: UserKeysRequest;
    };
    optional: false;
    output: void;
  };

  /** Delete an SSH key */
  deleteUserKey: {
    input: {
      index: number;
      /** Username; case does not matter. */
      username: string;
    };
    optional: false;
    output: void;
  };

  /** Delete an SSH key (the caller's own) */
  deleteMyKey: {
    input: {
      index: number;
    };
    optional: false;
    output: void;
  };

  /** List the organizations that the caller may see */
  listOrganizations: {
    input: {
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: Organization[];
  };

  /** Create an organization */
  createOrganization: {
    input: {
      body: OrganizationCreateRequest;
    };
    optional: false;
    output: Organization;
  };

  /** Fields that organizations can be queried by */
  getOrganizationsSchema: {
    input: Record<never, never>;
    optional: true;
    output: QueryDescriptor;
  };

  /** Query the organizations that the caller may see */
  queryOrganizations: {
    input: {
      body?: QueryPayload;
    };
    optional: true;
    output: Organization[];
  };

  /** An organization */
  getOrganization: {
    input: {
      org: string;
    };
    optional: false;
    output: Organization;
  };

  /** Change an organization */
  updateOrganization: {
    input: {
      org: string;
      body: OrganizationUpdateRequest;
    };
    optional: false;
    output: Organization;
  };

  /**
   * Delete an organization
   *
   * One with users needs a word about them: `moveUsersToOrg` moves them (the caller must be allowed to change the organization of each), `preserveWorkspaces` alone deletes them (the caller must be allowed to delete each), and their workspaces unless it is true. Workspaces of moved users are deleted only when it is false.
   */
  deleteOrganization: {
    input: {
      org: string;
      body?: OrganizationDeleteRequest;
    };
    optional: false;
    output: void;
  };

  /** Roles that every organization has */
  listGlobalRoles: {
    input: {
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: RoleInfo[];
  };

  /** Roles of an organization and global ones, as far as the caller may see them */
  listRoles: {
    input: {
      org: string;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: false;
    output: RoleInfo[];
  };

  /** Create a role */
  createRole: {
    input: {
      org: string;
      body: RoleCreateRequest;
    };
    optional: false;
    output: RoleInfo;
  };

  /** Change a role */
  updateRole: {
    input: {
      org: string;
      name: string;
      body: RoleUpdateRequest;
    };
    optional: false;
    output: RoleInfo;
  };

  /** Delete a role that nobody has */
  deleteRole: {
    input: {
      org: string;
      name: string;
    };
    optional: false;
    output: void;
  };

  /** Let those who have a role use more blueprints */
  addRoleBlueprints: {
    input: {
      org: string;
      name: string;
      body: RoleBlueprintsRequest;
    };
    optional: false;
    output: RoleInfo;
  };

  /** Take blueprints from a role */
  removeRoleBlueprints: {
    input: {
      org: string;
      name: string;
      body: RoleBlueprintsRequest;
    };
    optional: false;
    output: RoleInfo;
  };

  /** Fields that onboarding rules can be queried by */
  getOnboardRulesSchema: {
    input: {
      org: string;
    };
    optional: false;
    output: QueryDescriptor;
  };

  /**
   * Query the onboarding rules of an organization
   *
   * Requests of people who wait for approval are among them, with the status `pending`.
   */
  queryOnboardRules: {
    input: {
      org: string;
      body?: QueryPayload;
    };
    optional: false;
    output: OnboardRule[];
  };

  /** Create an onboarding rule */
  createOnboardRule: {
    input: {
      org: string;
      body: OnboardRuleCreateRequest;
    };
    optional: false;
    output: OnboardRule;
  };

  /**
   * Replace an onboarding rule
   *
   * What is left out is emptied; whom the rule is about stays.
   */
  updateOnboardRule: {
    input: {
      org: string;
      id: number;
      body: OnboardRuleUpdateRequest;
    };
    optional: false;
    output: OnboardRule;
  };

  /** Delete an onboarding rule */
  deleteOnboardRule: {
    input: {
      org: string;
      id: number;
    };
    optional: false;
    output: void;
  };

  /**
   * Let somebody in who waits for it
   *
   * Creates the user at once.
   */
  approveOnboardRequest: {
    input: {
      org: string;
      id: number;
    };
    optional: false;
    output: User;
  };

  /** Turn somebody down who waits */
  rejectOnboardRequest: {
    input: {
      org: string;
      id: number;
      body?: OnboardRuleRejectRequest;
    };
    optional: false;
    output: OnboardRule;
  };

  /**
   * Variables of an organization
   *
   * Secrets come without their value.
   */
  listOrganizationEnvVars: {
    input: {
      org: string;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: false;
    output: EnvVar[];
  };

  /** Create a variable of an organization */
  createOrganizationEnvVar: {
    input: {
      org: string;
      body: EnvVarCreateRequest;
    };
    optional: false;
    output: EnvVar;
  };

  /**
   * A variable of an organization
   *
   * Secrets come without their value.
   */
  getOrganizationEnvVar: {
    input: {
      org: string;
      key: string;
    };
    optional: false;
    output: EnvVar;
  };

  /**
   * Change a variable of an organization
   *
   * A secret becomes public only together with a new value.
   */
  updateOrganizationEnvVar: {
    input: {
      org: string;
      key: string;
      body: EnvVarUpdateRequest;
    };
    optional: false;
    output: EnvVar;
  };

  /** Delete a variable of an organization */
  deleteOrganizationEnvVar: {
    input: {
      org: string;
      key: string;
    };
    optional: false;
    output: void;
  };

  /**
   * Variables of a user, and those of their organization
   *
   * Secrets come without their value.
   */
  listUserEnvVars: {
    input: {
      /** Username; case does not matter. */
      username: string;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: false;
    output: EnvVar[];
  };

  /**
   * Variables of a user, and those of their organization (the caller's own)
   *
   * Secrets come without their value.
   */
  listMyEnvVars: {
    input: {
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: EnvVar[];
  };

  /** Create a variable of a user */
  createUserEnvVar: {
    input: {
      /** Username; case does not matter. */
      username: string;
      body: EnvVarCreateRequest;
    };
    optional: false;
    output: EnvVar;
  };

  /** Create a variable of a user (the caller's own) */
  createMyEnvVar: {
    input: {
      body: EnvVarCreateRequest;
    };
    optional: false;
    output: EnvVar;
  };

  /**
   * A variable of a user
   *
   * The value of a secret is told to its owner only, here and nowhere else.
   */
  getUserEnvVar: {
    input: {
      key: string;
      /** Username; case does not matter. */
      username: string;
    };
    optional: false;
    output: EnvVar;
  };

  /**
   * A variable of a user (the caller's own)
   *
   * The value of a secret is told to its owner only, here and nowhere else.
   */
  getMyEnvVar: {
    input: {
      key: string;
    };
    optional: false;
    output: EnvVar;
  };

  /**
   * Change a variable of a user
   *
   * A secret becomes public only together with a new value.
   */
  updateUserEnvVar: {
    input: {
      key: string;
      /** Username; case does not matter. */
      username: string;
      body: EnvVarUpdateRequest;
    };
    optional: false;
    output: EnvVar;
  };

  /**
   * Change a variable of a user (the caller's own)
   *
   * A secret becomes public only together with a new value.
   */
  updateMyEnvVar: {
    input: {
      key: string;
      body: EnvVarUpdateRequest;
    };
    optional: false;
    output: EnvVar;
  };

  /** Delete a variable of a user */
  deleteUserEnvVar: {
    input: {
      key: string;
      /** Username; case does not matter. */
      username: string;
    };
    optional: false;
    output: void;
  };

  /** Delete a variable of a user (the caller's own) */
  deleteMyEnvVar: {
    input: {
      key: string;
    };
    optional: false;
    output: void;
  };

  /** List connection sessions, oldest first */
  listSessions: {
    input: {
      /** Default: the caller. */
      username?: string;
      workspace?: string;
      /** Only the newest so many. */
      last_n?: number;
      /** Without `username`: sessions of everybody that the caller may see. */
      all?: boolean;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: SSHSession[];
  };

  /** List connection sessions of a user, oldest first */
  listUserSessions: {
    input: {
      /** Username; case does not matter. */
      username: string;
      workspace?: string;
      /** Only the newest so many. */
      last_n?: number;
      /** Accepted; ended sessions are always included. */
      all?: boolean;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: false;
    output: SSHSession[];
  };

  /** List connection sessions of a user, oldest first (the caller's own) */
  listMySessions: {
    input: {
      workspace?: string;
      /** Only the newest so many. */
      last_n?: number;
      /** Accepted; ended sessions are always included. */
      all?: boolean;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: SSHSession[];
  };

  /** List recordings of terminals and commands, oldest first */
  listRecordings: {
    input: {
      /** Username; case does not matter. */
      username?: string;
      workspace?: string;
      /** Of so many sessions, the latest. */
      last_n?: number;
      /** Of all users whose sessions the caller may see. */
      all?: boolean;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: Recording[];
  };

  /** Describe the recording of a session */
  getRecording: {
    input: {
      /** Id of the session that was recorded. */
      session_id: string;
    };
    optional: false;
    output: Recording;
  };

  /**
   * Delete a recording
   *
   * Only for those who may list everybody's sessions: whoever was recorded cannot remove the evidence. Recordings are deleted by age anyway.
   */
  deleteRecording: {
    input: {
      /** Id of the session that was recorded. */
      session_id: string;
    };
    optional: false;
    output: void;
  };

  /**
   * List open connections of this replica, oldest first
   *
   * Terminals, app connections, file transfers, event streams and followed logs that are open at this moment. Without a query: the caller's own. Each replica lists its own connections only.
   */
  listLive: {
    input: {
      /** Default: the caller. */
      username?: string;
      workspace?: string;
      kind?: "terminal" | "app" | "files" | "events" | "logs";
      /** Without `username`: those of everybody that the caller may see. */
      all?: boolean;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: LiveConnection[];
  };

  /**
   * Close an open connection, of whichever replica
   *
   * A WebSocket is closed with code 1008, a response is cut. 204: it was here and is closed. 202: the other replicas were told; one that has a connection of this id and user closes it.
   */
  closeLive: {
    input: {
      id: string;
      /** Whose connection it is; needed when it belongs to another replica than the one that answers. */
      username?: string;
    };
    optional: false;
    output: void;
  };

  /**
   * Credentials of a user, without their secrets
   *
   * Those of the kinds that the caller may read.
   */
  listUserCredentials: {
    input: {
      /** Username; case does not matter. */
      username: string;
      id?: number;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: false;
    output: UserCredential[];
  };

  /**
   * Credentials of a user, without their secrets (the caller's own)
   *
   * Those of the kinds that the caller may read.
   */
  listMyCredentials: {
    input: {
      id?: number;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: UserCredential[];
  };

  /** A credential with its secret, for use now */
  getUserCredential: {
    input: {
      name: "git" | "registry" | "kubernetes";
      /** Username; case does not matter. */
      username: string;
      /** E.g. `https://github.com`, a registry, a namespace. */
      scope?: string;
    };
    optional: false;
    output: UserCredential;
  };

  /** A credential with its secret, for use now (the caller's own) */
  getMyCredential: {
    input: {
      name: "git" | "registry" | "kubernetes";
      /** E.g. `https://github.com`, a registry, a namespace. */
      scope?: string;
    };
    optional: false;
    output: UserCredential;
  };

  /** Change a credential */
  updateUserCredential: {
    input: {
      /** Username; case does not matter. */
      username: string;
      id: number;
      body: UserCredentialUpdateRequest;
    };
    optional: false;
    output: UserCredential;
  };

  /** Change a credential (the caller's own) */
  updateMyCredential: {
    input: {
      id: number;
      body: UserCredentialUpdateRequest;
    };
    optional: false;
    output: UserCredential;
  };

  /** Delete a credential */
  deleteUserCredential: {
    input: {
      /** Username; case does not matter. */
      username: string;
      id: number;
    };
    optional: false;
    output: void;
  };

  /** Delete a credential (the caller's own) */
  deleteMyCredential: {
    input: {
      id: number;
    };
    optional: false;
    output: void;
  };

  /** Change a credential; its id stands in the path */
  updateUserCredentialById: {
    input: {
      name: number;
      /** Username; case does not matter. */
      username: string;
      body: UserCredentialUpdateRequest;
    };
    optional: false;
    output: UserCredential;
  };

  /** Change a credential; its id stands in the path (the caller's own) */
  updateMyCredentialById: {
    input: {
      name: number;
      body: UserCredentialUpdateRequest;
    };
    optional: false;
    output: UserCredential;
  };

  /** Delete a credential; its id stands in the path */
  deleteUserCredentialById: {
    input: {
      name: number;
      /** Username; case does not matter. */
      username: string;
    };
    optional: false;
    output: void;
  };

  /** Delete a credential; its id stands in the path (the caller's own) */
  deleteMyCredentialById: {
    input: {
      name: number;
    };
    optional: false;
    output: void;
  };

  /** Add a Kubernetes credential */
  addUserKubernetesCredential: {
    input: {
      /** Username; case does not matter. */
      username: string;
      body: UserKubernetesCredentialRequest;
    };
    optional: false;
    output: UserCredential;
  };

  /** Add a Kubernetes credential (the caller's own) */
  addMyKubernetesCredential: {
    input: {
      body: UserKubernetesCredentialRequest;
    };
    optional: false;
    output: UserCredential;
  };

  /** Add a git credential */
  addUserGitCredential: {
    input: {
      /** Username; case does not matter. */
      username: string;
      body: UserGitCredentialRequest;
    };
    optional: false;
    output: UserCredential;
  };

  /** Add a git credential (the caller's own) */
  addMyGitCredential: {
    input: {
      body: UserGitCredentialRequest;
    };
    optional: false;
    output: UserCredential;
  };

  /** Add a registry credential */
  addUserRegistryCredential: {
    input: {
      /** Username; case does not matter. */
      username: string;
      body: UserRegistryCredentialRequest;
    };
    optional: false;
    output: UserCredential;
  };

  /** Add a registry credential (the caller's own) */
  addMyRegistryCredential: {
    input: {
      body: UserRegistryCredentialRequest;
    };
    optional: false;
    output: UserCredential;
  };

  /** Access tokens of a user */
  listUserTokens: {
    input: {
      /** Username; case does not matter. */
      username: string;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: false;
    output: AccessToken[];
  };

  /** Access tokens of a user (the caller's own) */
  listMyTokens: {
    input: {
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: AccessToken[];
  };

  /**
   * Create an access token
   *
   * A token made with an access token cannot do more than that one.
   */
  createUserToken: {
    input: {
      /** Username; case does not matter. */
      username: string;
      body: AccessTokenCreateRequest;
    };
    optional: false;
    output: AccessTokenCreated;
  };

  /**
   * Create an access token (the caller's own)
   *
   * A token made with an access token cannot do more than that one.
   */
  createMyToken: {
    input: {
      body: AccessTokenCreateRequest;
    };
    optional: false;
    output: AccessTokenCreated;
  };

  /** Change an access token */
  updateUserToken: {
    input: {
      id: number;
      /** Username; case does not matter. */
      username: string;
      body: AccessTokenUpdateRequest;
    };
    optional: false;
    output: AccessToken;
  };

  /** Change an access token (the caller's own) */
  updateMyToken: {
    input: {
      id: number;
      body: AccessTokenUpdateRequest;
    };
    optional: false;
    output: AccessToken;
  };

  /** Delete an access token */
  revokeUserToken: {
    input: {
      id: number;
      /** Username; case does not matter. */
      username: string;
    };
    optional: false;
    output: void;
  };

  /** Delete an access token (the caller's own) */
  revokeMyToken: {
    input: {
      id: number;
    };
    optional: false;
    output: void;
  };

  /**
   * List workspaces
   *
   * Those of the caller; with `username` those of that user; with `all` all that the caller may see.
   */
  listWorkspaces: {
    input: {
      /** Username; case does not matter. */
      username?: string;
      all?: boolean;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: WorkspaceDetails[];
  };

  /**
   * Create a workspace, or start a stopped one
   *
   * Answers once provisioning has begun; follow `monitorUrl` for its events. A request with the header `Idempotency-Key` that is repeated within 24 hours gets the first one's answer and begins nothing.
   */
  createWorkspace: {
    input: {
      body: WorkspaceCreateRequest;
    };
    optional: false;
    output: WorkspaceCreateResponse;
  };

  /** A workspace */
  getWorkspace: {
    input: {
      name: string;
    };
    optional: false;
    output: WorkspaceDetails;
  };

  /**
   * Stop a workspace, or delete it
   *
   * Without `delete=true` it is stopped and can be started again with its files.
   */
  deleteWorkspace: {
    input: {
      name: string;
      delete?: boolean;
    };
    optional: false;
    output: Message;
  };

  /** Resource use of a workspace */
  getWorkspaceSystemInfo: {
    input: {
      name: string;
    };
    optional: false;
    output: SystemInfo;
  };

  /**
   * Start a stopped workspace
   *
   * Answers once provisioning has begun; follow `monitorUrl` for its events.
   */
  startWorkspace: {
    input: {
      name: string;
    };
    optional: false;
    output: WorkspaceCreateResponse;
  };

  /**
   * Terminals of a workspace
   *
   * By default those that run without anybody looking: none where the workspace does not let terminals detach. Any of them can be joined over the terminal socket (`cloudshell-v2`).
   */
  listTerminals: {
    input: {
      name: string;
      /** Default `detached`. `elsewhere`: live on another server. */
      state?: "detached" | "attached" | "elsewhere" | "all";
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: false;
    output: WorkspaceTerminalSession[];
  };

  /** A page of the log of a workspace's daemon, oldest entry first */
  getWorkspaceLogPage: {
    input: {
      name: string;
      /** Only what this part of the daemon wrote. */
      component?: string;
      /** This level and those more severe. */
      level?: "debug" | "info" | "warn" | "error" | "fatal";
      /** Entries before this one; default: the newest. */
      before_id?: number;
      /** Default 100. */
      limit?: number;
    };
    optional: false;
    output: WorkspaceLogPage;
  };

  /** Namespaces that workspaces can be injected into */
  listInjectNamespaces: {
    input: Record<never, never>;
    optional: true;
    output: InjectNamespaces;
  };

  /**
   * Workloads that workspaces can be injected into
   *
   * Whose workspace is in a workload already is told to those who may list it.
   */
  listInjectWorkloads: {
    input: {
      /** Default: all that are allowed. */
      namespace?: string;
      /** `deployment`, `statefulset`, `daemonset`, or several with commas between. */
      kind?: string;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: InjectWorkload[];
  };

  /**
   * Run a command
   *
   * Answers when the command has ended. With `Accept: text/event-stream` it answers at once with events of JSON: `{"type": "stdout" | "stderr", "data"}` as the command prints, and `{"type": "exit", "exitCode", "timedOut"}` at its end. A client that goes away ends the command.
   */
  execInWorkspace: {
    input: {
      name: string;
      body: ExecRequest;
    };
    optional: false;
    output: ExecResult;
  };

  /** List the apps of a workspace */
  listApps: {
    input: {
      name: string;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: false;
    output: AppStatus[];
  };

  /**
   * Install an app
   *
   * Answers when the installation has begun; the app's status and its install log tell the rest.
   */
  installApp: {
    input: {
      name: string;
      app: string;
      /** Install again when it is installed. */
      force?: boolean;
    };
    optional: false;
    output: Message;
  };

  /** Start an app */
  startApp: {
    input: {
      name: string;
      app: string;
    };
    optional: false;
    output: void;
  };

  /** Stop an app */
  stopApp: {
    input: {
      name: string;
      app: string;
    };
    optional: false;
    output: void;
  };

  /** List the shared ports of a workspace */
  listPorts: {
    input: {
      name: string;
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: false;
    output: WorkspacePort[];
  };

  /**
   * Get the address of a port and who may use it
   *
   * Any port can be asked about, whether something listens there or not.
   */
  getPort: {
    input: {
      name: string;
      port: number;
    };
    optional: false;
    output: WorkspacePort;
  };

  /** Set who may use a port */
  setPort: {
    input: {
      name: string;
      port: number;
      body: SetPortRequest;
    };
    optional: false;
    output: WorkspacePort;
  };

  /** Stop sharing a port and withdraw its links */
  unsharePort: {
    input: {
      name: string;
      port: number;
    };
    optional: false;
    output: void;
  };

  /** Make a link to a port that expires */
  createPortLink: {
    input: {
      name: string;
      port: number;
      body: CreatePortLinkRequest;
    };
    optional: false;
    output: PortLink;
  };

  /** Withdraw a link */
  deletePortLink: {
    input: {
      name: string;
      port: number;
      id: string;
    };
    optional: false;
    output: void;
  };

  /**
   * Remove a file, link or directory
   *
   * Links are removed, not followed. The root and the home directory cannot be removed.
   */
  deleteFile: {
    input: {
      name: string;
      /** Absolute, or relative to the home directory. */
      path: string;
      /** Remove a directory with everything in it (default: only an empty one). */
      recursive?: boolean;
    };
    optional: false;
    output: void;
  };

  /** List a directory */
  listFiles: {
    input: {
      name: string;
      /** Absolute, or relative to the home directory. */
      path?: string;
      /** Show names that begin with a dot. */
      hidden?: boolean;
    };
    optional: false;
    output: FileList;
  };

  /** Tell what is at a path */
  statFile: {
    input: {
      name: string;
      /** Absolute, or relative to the home directory. */
      path: string;
      /** With `false`, a link is described itself (default: what it leads to). */
      follow?: boolean;
    };
    optional: false;
    output: FileInfo;
  };

  /** Make a directory */
  makeDirectory: {
    input: {
      name: string;
      /** Absolute, or relative to the home directory. */
      path: string;
      /** Make missing parents too; a directory that exists is no error then. */
      parents?: boolean;
    };
    optional: false;
    output: FileInfo;
  };

  /**
   * Move or rename a file, link or directory
   *
   * One step: nobody sees a state between. Not across file systems.
   */
  moveFile: {
    input: {
      name: string;
      /** Absolute, or relative to the home directory. */
      from: string;
      /** The new path itself, not the directory to move into. */
      to: string;
      /** Replace a file, or an empty directory by a directory (default: 409). */
      overwrite?: boolean;
    };
    optional: false;
    output: FileInfo;
  };

  /** Tell which parts of the tus protocol are spoken */
  describeUploads: {
    input: {
      name: string;
    };
    optional: false;
    output: void;
  };

  /**
   * Tell how much of a resumable upload has arrived
   *
   * HEAD answers with the headers of the tus protocol. A part that is under way is ended by the question.
   */
  getUpload: {
    input: {
      name: string;
      /** From the upload's address. */
      upload: string;
    };
    optional: false;
    output: Upload;
  };

  /** Give a resumable upload up */
  terminateUpload: {
    input: {
      name: string;
      /** From the upload's address. */
      upload: string;
    };
    optional: false;
    output: void;
  };

  /**
   * A provisioning job, as a record or as a stream of its events
   *
   * JSON by default. With `Accept: text/event-stream` each event is one `data:` line; all events so far come first, and the stream ends when the job is over. `Last-Event-ID` skips the events before it.
   */
  getJob: {
    input: {
      job_id: string;
    };
    optional: false;
    output: ProvisionJob;
  };

  /** Fields that users can be queried by */
  getUsersSchema: {
    input: Record<never, never>;
    optional: true;
    output: QueryDescriptor;
  };

  /**
   * Query users
   *
   * Only what the caller may see; a filter cannot widen that.
   */
  queryUsers: {
    input: {
      body?: QueryPayload;
    };
    optional: true;
    output: UserProfile[];
  };

  /** Fields that sessions can be queried by */
  getSessionsSchema: {
    input: Record<never, never>;
    optional: true;
    output: QueryDescriptor;
  };

  /**
   * Query connection sessions
   *
   * Only what the caller may see; a filter cannot widen that.
   */
  querySessions: {
    input: {
      body?: QueryPayload;
    };
    optional: true;
    output: SSHSession[];
  };

  /** Fields that workspaces can be queried by */
  getWorkspacesSchema: {
    input: Record<never, never>;
    optional: true;
    output: QueryDescriptor;
  };

  /**
   * Query workspaces
   *
   * Only what the caller may see; a filter cannot widen that.
   */
  queryWorkspaces: {
    input: {
      body?: QueryPayload;
    };
    optional: true;
    output: WorkspaceDetails[];
  };

  /** Fields that the audit log can be queried by */
  getAuditSchema: {
    input: Record<never, never>;
    optional: true;
    output: QueryDescriptor;
  };

  /**
   * Query the audit log
   *
   * Only what the caller may see; a filter cannot widen that.
   */
  queryAudit: {
    input: {
      body?: QueryPayload;
    };
    optional: true;
    output: AuditRecord[];
  };

  /** All blueprints, templates included */
  listAllBlueprints: {
    input: {
      /** At most so many items; the header `Link` (RFC 8288) leads to the next and the previous ones. Left out: all. */
      limit?: number;
      /** Where a page begins: only as a `Link` of an earlier answer has it. */
      cursor?: string;
    };
    optional: true;
    output: BlueprintSummary[];
  };

  /** All scopes that an access token may be given */
  getScopeCatalog: {
    input: Record<never, never>;
    optional: true;
    output: ScopeCatalog;
  };
}

/** Method and path of each. */
export const operationTable = {
  healthcheck: ["GET", "/api/v1/healthcheck"],
  livez: ["GET", "/livez"],
  readyz: ["GET", "/readyz"],
  getOpenApi: ["GET", "/api/v1/openapi.json"],
  listProviders: ["GET", "/api/v1/auth/providers"],
  passwordLogin: ["POST", "/api/v1/auth/login"],
  requestPasswordReset: ["POST", "/api/v1/auth/password/reset"],
  confirmPasswordReset: ["POST", "/api/v1/auth/password/reset/confirm"],
  postCallback: ["POST", "/api/v1/auth/callback"],
  logout: ["POST", "/api/v1/auth/logout"],
  pollToken: ["GET", "/api/v1/auth/token"],
  issueInternalToken: ["POST", "/api/v1/internal/users/:username/token"],
  listUsers: ["GET", "/api/v1/users"],
  createUser: ["POST", "/api/v1/users"],
  deleteUserAccount: ["DELETE", "/api/v1/users/:username"],
  deleteMyAccount: ["DELETE", "/api/v1/me"],
  getUserProfile: ["GET", "/api/v1/users/:username/profile"],
  getMyProfile: ["GET", "/api/v1/me/profile"],
  updateUserProfile: ["PATCH", "/api/v1/users/:username/profile"],
  updateMyProfile: ["PATCH", "/api/v1/me/profile"],
  updateUserAccount: ["PATCH", "/api/v1/users/:username"],
  updateMyAccount: ["PATCH", "/api/v1/me"],
  clearUserPasswordLockout: ["DELETE", "/api/v1/users/:username/password-lockout"],
  clearMyPasswordLockout: ["DELETE", "/api/v1/me/password-lockout"],
  setUserPassword: ["PUT", "/api/v1/users/:username/password"],
  setMyPassword: ["PUT", "/api/v1/me/password"],
  createUserPasswordResetLink: ["POST", "/api/v1/users/:username/password/reset-link"],
  createMyPasswordResetLink: ["POST", "/api/v1/me/password/reset-link"],
  addUserRoles: ["POST", "/api/v1/users/:username/roles"],
  addMyRoles: ["POST", "/api/v1/me/roles"],
  removeUserRoles: ["DELETE", "/api/v1/users/:username/roles"],
  removeMyRoles: ["DELETE", "/api/v1/me/roles"],
  listUserBlueprints: ["GET", "/api/v1/users/:username/blueprints"],
  listMyBlueprints: ["GET", "/api/v1/me/blueprints"],
  addUserBlueprints: ["POST", "/api/v1/users/:username/blueprints"],
  addMyBlueprints: ["POST", "/api/v1/me/blueprints"],
  removeUserBlueprints: ["DELETE", "/api/v1/users/:username/blueprints"],
  removeMyBlueprints: ["DELETE", "/api/v1/me/blueprints"],
  listUserRepoOwners: ["GET", "/api/v1/users/:username/repos/owners"],
  listMyRepoOwners: ["GET", "/api/v1/me/repos/owners"],
  listUserRepos: ["GET", "/api/v1/users/:username/repos"],
  listMyRepos: ["GET", "/api/v1/me/repos"],
  getUserCapabilities: ["GET", "/api/v1/users/:username/capabilities"],
  getMyCapabilities: ["GET", "/api/v1/me/capabilities"],
  listUserKeys: ["GET", "/api/v1/users/:username/keys"],
  listMyKeys: ["GET", "/api/v1/me/keys"],
  addUserKeys: ["POST", "/api/v1/users/:username/keys"],
  addMyKeys: ["POST", "/api/v1/me/keys"],
  deleteUserKey: ["DELETE", "/api/v1/users/:username/keys/:index"],
  deleteMyKey: ["DELETE", "/api/v1/me/keys/:index"],
  listOrganizations: ["GET", "/api/v1/organizations"],
  createOrganization: ["POST", "/api/v1/organizations"],
  getOrganizationsSchema: ["GET", "/api/v1/organizations/_schema"],
  queryOrganizations: ["POST", "/api/v1/organizations/_query"],
  getOrganization: ["GET", "/api/v1/organizations/:org"],
  updateOrganization: ["PATCH", "/api/v1/organizations/:org"],
  deleteOrganization: ["DELETE", "/api/v1/organizations/:org"],
  listGlobalRoles: ["GET", "/api/v1/roles"],
  listRoles: ["GET", "/api/v1/organizations/:org/roles"],
  createRole: ["POST", "/api/v1/organizations/:org/roles"],
  updateRole: ["PATCH", "/api/v1/organizations/:org/roles/:name"],
  deleteRole: ["DELETE", "/api/v1/organizations/:org/roles/:name"],
  addRoleBlueprints: ["POST", "/api/v1/organizations/:org/roles/:name/blueprints"],
  removeRoleBlueprints: ["DELETE", "/api/v1/organizations/:org/roles/:name/blueprints"],
  getOnboardRulesSchema: ["GET", "/api/v1/organizations/:org/onboard-rules/_schema"],
  queryOnboardRules: ["POST", "/api/v1/organizations/:org/onboard-rules/_query"],
  createOnboardRule: ["POST", "/api/v1/organizations/:org/onboard-rules"],
  updateOnboardRule: ["PATCH", "/api/v1/organizations/:org/onboard-rules/:id"],
  deleteOnboardRule: ["DELETE", "/api/v1/organizations/:org/onboard-rules/:id"],
  approveOnboardRequest: ["POST", "/api/v1/organizations/:org/onboard-rules/:id/approve"],
  rejectOnboardRequest: ["POST", "/api/v1/organizations/:org/onboard-rules/:id/reject"],
  listOrganizationEnvVars: ["GET", "/api/v1/organizations/:org/envvars"],
  createOrganizationEnvVar: ["POST", "/api/v1/organizations/:org/envvars"],
  getOrganizationEnvVar: ["GET", "/api/v1/organizations/:org/envvars/:key"],
  updateOrganizationEnvVar: ["PATCH", "/api/v1/organizations/:org/envvars/:key"],
  deleteOrganizationEnvVar: ["DELETE", "/api/v1/organizations/:org/envvars/:key"],
  listUserEnvVars: ["GET", "/api/v1/users/:username/envvars"],
  listMyEnvVars: ["GET", "/api/v1/me/envvars"],
  createUserEnvVar: ["POST", "/api/v1/users/:username/envvars"],
  createMyEnvVar: ["POST", "/api/v1/me/envvars"],
  getUserEnvVar: ["GET", "/api/v1/users/:username/envvars/:key"],
  getMyEnvVar: ["GET", "/api/v1/me/envvars/:key"],
  updateUserEnvVar: ["PATCH", "/api/v1/users/:username/envvars/:key"],
  updateMyEnvVar: ["PATCH", "/api/v1/me/envvars/:key"],
  deleteUserEnvVar: ["DELETE", "/api/v1/users/:username/envvars/:key"],
  deleteMyEnvVar: ["DELETE", "/api/v1/me/envvars/:key"],
  listSessions: ["GET", "/api/v1/sessions"],
  listUserSessions: ["GET", "/api/v1/users/:username/sessions"],
  listMySessions: ["GET", "/api/v1/me/sessions"],
  listRecordings: ["GET", "/api/v1/recordings"],
  getRecording: ["GET", "/api/v1/recordings/:session_id"],
  deleteRecording: ["DELETE", "/api/v1/recordings/:session_id"],
  listLive: ["GET", "/api/v1/live"],
  closeLive: ["DELETE", "/api/v1/live/:id"],
  listUserCredentials: ["GET", "/api/v1/users/:username/credentials"],
  listMyCredentials: ["GET", "/api/v1/me/credentials"],
  getUserCredential: ["GET", "/api/v1/users/:username/credentials/:name"],
  getMyCredential: ["GET", "/api/v1/me/credentials/:name"],
  updateUserCredential: ["PATCH", "/api/v1/users/:username/credentials"],
  updateMyCredential: ["PATCH", "/api/v1/me/credentials"],
  deleteUserCredential: ["DELETE", "/api/v1/users/:username/credentials"],
  deleteMyCredential: ["DELETE", "/api/v1/me/credentials"],
  updateUserCredentialById: ["PATCH", "/api/v1/users/:username/credentials/:name"],
  updateMyCredentialById: ["PATCH", "/api/v1/me/credentials/:name"],
  deleteUserCredentialById: ["DELETE", "/api/v1/users/:username/credentials/:name"],
  deleteMyCredentialById: ["DELETE", "/api/v1/me/credentials/:name"],
  addUserKubernetesCredential: ["POST", "/api/v1/users/:username/credentials/kubernetes"],
  addMyKubernetesCredential: ["POST", "/api/v1/me/credentials/kubernetes"],
  addUserGitCredential: ["POST", "/api/v1/users/:username/credentials/git"],
  addMyGitCredential: ["POST", "/api/v1/me/credentials/git"],
  addUserRegistryCredential: ["POST", "/api/v1/users/:username/credentials/registry"],
  addMyRegistryCredential: ["POST", "/api/v1/me/credentials/registry"],
  listUserTokens: ["GET", "/api/v1/users/:username/tokens"],
  listMyTokens: ["GET", "/api/v1/me/tokens"],
  createUserToken: ["POST", "/api/v1/users/:username/tokens"],
  createMyToken: ["POST", "/api/v1/me/tokens"],
  updateUserToken: ["PATCH", "/api/v1/users/:username/tokens/:id"],
  updateMyToken: ["PATCH", "/api/v1/me/tokens/:id"],
  revokeUserToken: ["DELETE", "/api/v1/users/:username/tokens/:id"],
  revokeMyToken: ["DELETE", "/api/v1/me/tokens/:id"],
  listWorkspaces: ["GET", "/api/v1/workspaces"],
  createWorkspace: ["POST", "/api/v1/workspaces"],
  getWorkspace: ["GET", "/api/v1/workspaces/:name"],
  deleteWorkspace: ["DELETE", "/api/v1/workspaces/:name"],
  getWorkspaceSystemInfo: ["GET", "/api/v1/workspaces/:name/sysinfo"],
  startWorkspace: ["POST", "/api/v1/workspaces/:name/start"],
  listTerminals: ["GET", "/api/v1/workspaces/:name/terminals"],
  getWorkspaceLogPage: ["GET", "/api/v1/workspaces/:name/logs/page"],
  listInjectNamespaces: ["GET", "/api/v1/inject/namespaces"],
  listInjectWorkloads: ["GET", "/api/v1/inject/workloads"],
  execInWorkspace: ["POST", "/api/v1/workspaces/:name/exec"],
  listApps: ["GET", "/api/v1/workspaces/:name/apps"],
  installApp: ["POST", "/api/v1/workspaces/:name/apps/:app/install"],
  startApp: ["POST", "/api/v1/workspaces/:name/apps/:app/start"],
  stopApp: ["POST", "/api/v1/workspaces/:name/apps/:app/stop"],
  listPorts: ["GET", "/api/v1/workspaces/:name/ports"],
  getPort: ["GET", "/api/v1/workspaces/:name/ports/:port"],
  setPort: ["PUT", "/api/v1/workspaces/:name/ports/:port"],
  unsharePort: ["DELETE", "/api/v1/workspaces/:name/ports/:port"],
  createPortLink: ["POST", "/api/v1/workspaces/:name/ports/:port/links"],
  deletePortLink: ["DELETE", "/api/v1/workspaces/:name/ports/:port/links/:id"],
  deleteFile: ["DELETE", "/api/v1/workspaces/:name/files"],
  listFiles: ["GET", "/api/v1/workspaces/:name/files/list"],
  statFile: ["GET", "/api/v1/workspaces/:name/files/stat"],
  makeDirectory: ["POST", "/api/v1/workspaces/:name/files/mkdir"],
  moveFile: ["POST", "/api/v1/workspaces/:name/files/move"],
  describeUploads: ["OPTIONS", "/api/v1/workspaces/:name/files/uploads"],
  getUpload: ["GET", "/api/v1/workspaces/:name/files/uploads/:upload"],
  terminateUpload: ["DELETE", "/api/v1/workspaces/:name/files/uploads/:upload"],
  getJob: ["GET", "/api/v1/jobs/:job_id"],
  getUsersSchema: ["GET", "/api/v1/users/_schema"],
  queryUsers: ["POST", "/api/v1/users/_query"],
  getSessionsSchema: ["GET", "/api/v1/sessions/_schema"],
  querySessions: ["POST", "/api/v1/sessions/_query"],
  getWorkspacesSchema: ["GET", "/api/v1/workspaces/_schema"],
  queryWorkspaces: ["POST", "/api/v1/workspaces/_query"],
  getAuditSchema: ["GET", "/api/v1/audit/_schema"],
  queryAudit: ["POST", "/api/v1/audit/_query"],
  listAllBlueprints: ["GET", "/api/v1/blueprints"],
  getScopeCatalog: ["GET", "/api/v1/scopes"],
} as const satisfies Record<keyof Operations, readonly [method: string, path: string]>;
