import { allRoutes, isScope, type RouteSpec, type routes, wildcardPrefixes } from "@k8shell/contract";

/**
 * Who may do what over HTTP, for every route of the route table and for the WebSocket upgrade. Everything is about
 * things of the user `alice`, in the organization `default`. Each case says who is let in; everybody else must get 403
 * and the anonymous 401:
 *   o  alice, the owner    s  mallory, a stranger with a token of scope *    A  the administrator
 * In addition each case is tried with a token that has every scope but the one needed (403) and with one that has only
 * the one needed, of the first of `o` and `A` who is let in.
 */
export interface Case {
  readonly who: "" | "o" | "os" | "oA" | "osA" | "A";
  /** Values of the path's parameters; default: alice and her workspace. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  /** Scopes that a token needs, where the route leaves the decision to its handler. */
  readonly scopes?: readonly string[];
  /** Scopes of which any lets a token in. */
  readonly anyScope?: readonly string[];
  readonly note?: string;
}

// A guard decides before it looks at the rest of a request. These make requests that change nothing when let in.
const invalid = { body: { preserveWorkspaces: "maybe", password: 5, roles: 5, keys: 5, scopes: 5 } };
const missing = "999999";

const mine = (item: Omit<Case, "who">): Case => ({ who: "osA", ...item });
const alices = (item: Omit<Case, "who"> = {}): Case => ({ who: "oA", ...item });
const adminOnly = (item: Omit<Case, "who"> = {}): Case => ({ who: "A", ...item });
const open = (item: Omit<Case, "who"> = {}): Case => ({ who: "osA", ...item });

const sensitive = [
  { body: { sudo: false }, scopes: ["user:write:sudo"], note: "sudo" },
  { body: { locked: false }, scopes: ["user:write:locked"], note: "locked" },
  { body: { org: "default" }, scopes: ["user:write:org"], note: "org" },
  { body: { roles: ["developer"] }, scopes: ["user:write:roles"], note: "roles" },
];
const credentialScope = (verb: string) => [`user:${verb}:credentials:git`];
const anyCredential = ["git", "registry", "kubernetes"].map((kind) => `user:read:credentials:${kind}`);
export const gitCredential = { scope: "https://git.example", subject: "alice", secret: "s3cret" };
const yaml = new TextEncoder().encode("blueprint: {}\n");
const newToken = { name: "made-by-the-matrix", scopes: ["token:create"] };
const username = { username: "alice" };
const org = { org: "default" };
const noSession = { session_id: "no-such-session" };
const noUpload = { upload: "0".repeat(32) };
const noRole = { ...org, name: "no-such-role" };
const noRule = { ...org, id: missing };
const byId = { name: "{credential}" };
const noKey = { key: "NO_SUCH_VARIABLE" };

const cases: Readonly<Record<keyof typeof routes, readonly Case[]>> = {
  healthcheck: [open()],
  livez: [open()],
  readyz: [open()],
  getMetrics: [open()],
  getOpenApi: [open()],
  getDocs: [open()],
  getDocsAsset: [open({ params: { asset: "none.js" } })],
  listProviders: [open()],
  login: [open({ query: { provider: "idp.k8shell.io/local" } })],
  passwordLogin: [open({ body: { username: "nobody", password: 5 } })],
  requestPasswordReset: [open({ body: { email: 5 } })],
  confirmPasswordReset: [open({ body: { token: "x", password: 5 } })],
  postCallback: [open({ body: { state: "x", code: "y" } })],
  getCallback: [open({ query: { state: "x", code: "y" } })],
  getRootCallback: [open({ query: { state: "x", code: "y" } })],
  logout: [open()],
  pollToken: [open({ query: { state: "0123456789abcdef0123456789abcdef" } })],
  issueInternalToken: [{ who: "o" }],

  listUsers: [open()],
  createUser: [adminOnly({ body: { username: "newcomer", org: "default" }, scopes: ["user:*"] })],
  deleteUserAccount: [adminOnly({ params: { username: "nobody-of-that-name" } }), adminOnly(invalid)],
  deleteMyAccount: [adminOnly(invalid)],
  getUserProfile: [alices()],
  getMyProfile: [mine({})],
  updateUserProfile: [
    alices({ body: { fullname: "Alice" }, scopes: ["user:write:profile"], note: "profile" }),
    ...sensitive.map(adminOnly),
    adminOnly({
      body: { fullname: "Alice", sudo: false },
      scopes: ["user:write:profile", "user:write:sudo"],
    }),
  ],
  updateMyProfile: [
    mine({ body: { fullname: "Me" }, scopes: ["user:write:profile"], note: "profile" }),
    // What the administrator has already: losing a right would end the session.
    adminOnly({ body: { sudo: true }, scopes: ["user:write:sudo"], note: "sudo" }),
    adminOnly({ body: { fullname: "Me", sudo: true }, scopes: ["user:write:profile", "user:write:sudo"] }),
  ],
  updateUserAccount: [
    alices({ body: { fullname: "Alice" }, scopes: ["user:write:profile"], note: "profile" }),
    ...sensitive.map(adminOnly),
  ],
  updateMyAccount: [mine({ body: { fullname: "Me" }, scopes: ["user:write:profile"], note: "profile" })],
  addUserBlueprints: [adminOnly(invalid)],
  addMyBlueprints: [adminOnly(invalid)],
  removeUserBlueprints: [adminOnly(invalid)],
  removeMyBlueprints: [adminOnly(invalid)],
  composeUserBlueprint: [alices({ bytes: yaml })],
  composeMyBlueprint: [mine({ bytes: yaml })],
  listUserRepoOwners: [alices()],
  listMyRepoOwners: [mine({})],
  listUserRepos: [alices()],
  listMyRepos: [mine({})],
  clearUserPasswordLockout: [adminOnly()],
  clearMyPasswordLockout: [adminOnly()],
  createUserPasswordResetLink: [adminOnly({ scopes: ["user:write:password"] })],
  // Nobody: it would be a way around the proof of the old password.
  createMyPasswordResetLink: [{ who: "" }],
  setUserPassword: [alices(invalid)],
  setMyPassword: [mine(invalid)],
  addUserRoles: [adminOnly(invalid), adminOnly({ body: { roles: ["developer"] } })],
  addMyRoles: [adminOnly(invalid)],
  removeUserRoles: [adminOnly(invalid)],
  removeMyRoles: [adminOnly(invalid)],
  listUserBlueprints: [alices()],
  listMyBlueprints: [mine({})],
  getUserCapabilities: [alices()],
  getMyCapabilities: [mine({})],
  listUserKeys: [alices()],
  listMyKeys: [mine({})],
  addUserKeys: [alices(invalid)],
  addMyKeys: [mine(invalid)],
  deleteUserKey: [alices({ params: { index: missing } })],
  deleteMyKey: [mine({ params: { index: missing } })],

  getUsersSchema: [open()],
  queryUsers: [open()],
  getSessionsSchema: [open()],
  querySessions: [open()],
  getWorkspacesSchema: [open()],
  queryWorkspaces: [open()],
  getAuditSchema: [adminOnly()],
  queryAudit: [adminOnly()],
  listAllBlueprints: [adminOnly()],
  getScopeCatalog: [open()],

  listOrganizations: [open()],
  createOrganization: [adminOnly({ body: { name: "default" }, scopes: ["org:create"] })],
  getOrganizationsSchema: [open()],
  queryOrganizations: [open()],
  getOrganization: [open({ params: org }), adminOnly({ params: { org: "elsewhere" } })],
  updateOrganization: [adminOnly({ params: org, body: { description: 5 } })],
  deleteOrganization: [adminOnly({ params: org })],
  listGlobalRoles: [open()],
  listRoles: [open({ params: org })],
  createRole: [adminOnly({ params: org, body: { name: "admin" }, scopes: ["role:create"] })],
  updateRole: [adminOnly({ params: noRole })],
  deleteRole: [adminOnly({ params: noRole })],
  addRoleBlueprints: [adminOnly({ params: noRole, ...invalid })],
  removeRoleBlueprints: [adminOnly({ params: noRole, ...invalid })],
  getOnboardRulesSchema: [adminOnly({ params: org })],
  queryOnboardRules: [adminOnly({ params: org })],
  createOnboardRule: [
    adminOnly({
      params: org,
      body: { idp: "idp.k8shell.io/x", usernamePattern: "m*", action: "not-defined" },
      scopes: ["*"],
    }),
  ],
  updateOnboardRule: [adminOnly({ params: noRule, body: { action: "reject" } })],
  deleteOnboardRule: [adminOnly({ params: noRule })],
  approveOnboardRequest: [adminOnly({ params: noRule })],
  rejectOnboardRequest: [adminOnly({ params: noRule })],
  listOrganizationEnvVars: [adminOnly({ params: org })],
  createOrganizationEnvVar: [adminOnly({ params: org, ...invalid })],
  getOrganizationEnvVar: [adminOnly({ params: { ...org, ...noKey } })],
  updateOrganizationEnvVar: [adminOnly({ params: { ...org, ...noKey }, body: {} })],
  deleteOrganizationEnvVar: [adminOnly({ params: { ...org, ...noKey } })],
  listUserEnvVars: [alices()],
  listMyEnvVars: [mine({})],
  createUserEnvVar: [alices(invalid)],
  createMyEnvVar: [mine(invalid)],
  getUserEnvVar: [alices({ params: noKey })],
  getMyEnvVar: [mine({ params: noKey })],
  updateUserEnvVar: [alices({ params: noKey, body: {} })],
  updateMyEnvVar: [mine({ params: noKey, body: {} })],
  deleteUserEnvVar: [alices({ params: noKey })],
  deleteMyEnvVar: [mine({ params: noKey })],

  listRecordings: [open(), alices({ query: username }), open({ query: { all: "true" } })],
  getRecording: [open({ params: noSession })],
  downloadRecording: [open({ params: noSession })],
  deleteRecording: [adminOnly({ params: noSession })],

  listSessions: [open(), alices({ query: username }), open({ query: { all: "true" } })],
  listUserSessions: [alices()],
  listMySessions: [mine({})],
  listLive: [open(), alices({ query: username }), open({ query: { all: "true" } })],
  closeLive: [
    alices({
      params: { id: "00000000-0000-4000-8000-000000000000" },
      query: username,
      scopes: ["user:write:profile"],
    }),
  ],

  listUserCredentials: [alices({ anyScope: anyCredential })],
  listMyCredentials: [mine({ anyScope: anyCredential })],
  getUserCredential: [
    alices({ params: { name: "git" }, query: { scope: "https://git.example" } }),
    alices({ params: { name: "registry" } }),
    alices({ params: { name: "kubernetes" } }),
  ],
  getMyCredential: [mine({ params: { name: "git" } })],
  updateUserCredential: [
    alices({ query: { id: "{credential}" }, body: { active: true }, scopes: credentialScope("write") }),
  ],
  updateMyCredential: [
    mine({ query: { id: "{credential}" }, body: { active: true }, scopes: credentialScope("write") }),
  ],
  deleteUserCredential: [alices({ query: { id: "{credential}" }, scopes: credentialScope("write") })],
  deleteMyCredential: [mine({ query: { id: "{credential}" }, scopes: credentialScope("write") })],
  updateUserCredentialById: [
    alices({ params: byId, body: { active: true }, scopes: credentialScope("write") }),
  ],
  updateMyCredentialById: [mine({ params: byId, body: { active: true }, scopes: credentialScope("write") })],
  deleteUserCredentialById: [alices({ params: byId, scopes: credentialScope("write") })],
  deleteMyCredentialById: [mine({ params: byId, scopes: credentialScope("write") })],
  addUserKubernetesCredential: [alices(invalid)],
  addMyKubernetesCredential: [mine(invalid)],
  addUserGitCredential: [alices({ body: gitCredential })],
  addMyGitCredential: [mine({ body: gitCredential })],
  addUserRegistryCredential: [alices(invalid)],
  addMyRegistryCredential: [mine(invalid)],

  listUserTokens: [alices()],
  listMyTokens: [mine({})],
  createUserToken: [alices(invalid), alices({ body: newToken })],
  createMyToken: [mine(invalid)],
  updateUserToken: [alices({ params: { id: missing }, body: { active: true } })],
  updateMyToken: [mine({ params: { id: missing }, body: { active: true } })],
  revokeUserToken: [alices({ params: { id: missing } })],
  revokeMyToken: [mine({ params: { id: missing } })],

  listWorkspaces: [open(), alices({ query: username }), open({ query: { all: "true" } })],
  createWorkspace: [
    alices({ body: { username: "alice", blueprint: "no-such-blueprint" }, scopes: ["workspace:create"] }),
    alices({
      body: {
        username: "alice",
        blueprint: "dev",
        workloadKind: "deployment",
        workloadName: "web",
        namespace: "none",
      },
      scopes: ["workspace:create"],
      note: "inject",
    }),
  ],
  getWorkspace: [alices()],
  deleteWorkspace: [alices({ query: { delete: "maybe" } })],
  getWorkspaceSystemInfo: [alices()],
  startWorkspace: [alices()],
  listTerminals: [alices()],
  getWorkspaceLogs: [alices({ query: { lastN: "1" } })],
  getWorkspaceLogPage: [alices()],
  listInjectNamespaces: [open({ scopes: ["workspace:create"] })],
  listInjectWorkloads: [open({ scopes: ["workspace:create"] })],
  openTerminal: [alices({ query: { tab: "matrix" } })],
  execInWorkspace: [alices({ body: { command: "true" } })],
  openExec: [alices()],
  listApps: [alices()],
  getAppLogs: [alices({ params: { app: "none" } })],
  installApp: [alices({ params: { app: "none" } })],
  startApp: [alices({ params: { app: "none" } })],
  stopApp: [alices({ params: { app: "none" } })],
  listPorts: [alices()],
  getPort: [alices({ params: { port: "8080" } })],
  setPort: [alices({ params: { port: "8080" }, body: { share: "owner" } })],
  unsharePort: [alices({ params: { port: "8080" } })],
  createPortLink: [alices({ params: { port: "8080" }, body: { expires_in: 5 } })],
  deletePortLink: [alices({ params: { port: "8080", id: "0123456789abcdef" } })],
  openForward: [alices({ params: { port: "8080" } })],
  appSignIn: [open({ query: { host: "8080--a.localhost", next: "/", binding: "0".repeat(64) } })],
  downloadFile: [alices({ query: { path: ".", format: "tar" } })],
  uploadFile: [alices({ query: { path: "from-the-matrix.txt" }, bytes: new TextEncoder().encode("hello") })],
  deleteFile: [alices({ query: { path: "no-such-file" } })],
  listFiles: [alices()],
  statFile: [alices({ query: { path: "." } })],
  makeDirectory: [alices({ query: { path: "made-by-the-matrix", parents: "true" } })],
  describeUploads: [open()],
  createUpload: [alices({ query: { path: "." } })],
  getUpload: [alices({ params: noUpload })],
  continueUpload: [alices({ params: noUpload })],
  terminateUpload: [alices({ params: noUpload })],
  moveFile: [alices({ query: { from: "no-such-file", to: "elsewhere" } })],
  mcp: [open({ body: { jsonrpc: "2.0", id: 1, method: "ping" } })],
  getJob: [alices()],
  openEvents: [open()],
};

/** The cases of a route; none when nobody thought of it. */
export const casesOf = (id: string): readonly Case[] =>
  Object.entries(cases).find(([name]) => name === id)?.[1] ?? [];

/** Operation ids that have cases. */
export const coveredRoutes = (): string[] => Object.keys(cases);

/** The narrowest scope that covers one without a scope of its own. */
export const grantable = (scope: string): string => {
  if (isScope(scope)) return scope;
  const prefix = wildcardPrefixes.find((candidate) => scope.startsWith(`${candidate}:`));
  return prefix === undefined ? "*" : `${prefix}:*`;
};

export const scopesOf = ({ permission }: RouteSpec, item: Case): readonly string[] => {
  if (permission.kind === "public" || permission.kind === "authenticated") return ["audit:list"];
  if (permission.kind === "dynamic") return item.scopes ?? item.anyScope?.slice(0, 1) ?? [];
  const name = item.params?.name ?? "";
  return [grantable(permission.scope.replace("{name}", name))];
};

export const everyScopeBut = (scopes: readonly string[]): string[] => {
  const exact = allRoutes.flatMap(({ permission }) =>
    permission.kind === "action"
      ? [permission.scope]
      : permission.kind === "dynamic"
        ? permission.actions.map((a) => a.scope)
        : [],
  );
  const covers = (scope: string) =>
    scopes.some(
      (needed) => needed === scope || (needed.endsWith(":*") && scope.startsWith(needed.slice(0, -1))),
    );
  return [...new Set([...exact, "audit:list", "role:list"])].filter(
    (scope) => isScope(scope) && !covers(scope),
  );
};
