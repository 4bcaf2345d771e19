import type { WireMessage } from "../../../../workspaced/test/bare/wire.ts";
import type { Case } from "./cases.ts";

const identity = (name: string) => `/identity.v1.IdentityService/${name}`;
const provisioner = (name: string) => `/provisioner.v1.ProvisionerService/${name}`;

const user: WireMessage = [
  [1, "bob"],
  [2, "acme"],
  [3, true],
];
const ofUser = (
  action: string,
  dataType: string,
  context: Readonly<Record<string, string>> = {},
): Case["asks"][number] => ["user", action, "user", "bob", {}, { data_type: dataType, ...context }];
const ofRole = (action: string): Case["asks"][number] => [
  "role",
  action,
  "role",
  "tester",
  { org: "acme" },
  {},
];
/** A call with one message, answered with one. */
const one = (
  rpc: string,
  message: WireMessage,
  answer: WireMessage,
  rest: Case["rest"],
  asks: Case["asks"],
  status: number,
): Case => ({ rest, calls: [[rpc, message]], answers: { [rpc]: answer }, asks, status });

/** UserCredential { 1 id, 2 username, 3 service_name, 4 service_scope, 5 subject, 7 is_active }. */
const credential: WireMessage = [
  [1, 3],
  [2, "bob"],
  [3, "git"],
  [4, "https://github.com"],
  [5, "bobhub"],
  [7, true],
];
const credentials = { [identity("ListUserCredentials")]: [[1, credential]] as WireMessage };
const listCredentials = [
  identity("ListUserCredentials"),
  [
    [1, "bob"],
    [2, 3],
  ],
] as const;
const writeGit = ofUser("user:write", "credentials", { credential_type: "git" });

/** AccessTokenInfo { 1 id, 2 username, 3 name, 4 scopes, 8 is_active, 9 token_preview }. */
const token: WireMessage = [
  [1, 7],
  [2, "bob"],
  [3, "ci"],
  [4, "workspace:*"],
  [8, true],
  [9, "k8sh_AbCdEfGh"],
];
const tokens = { [identity("ListAccessTokens")]: [[1, token]] as WireMessage };
const listTokens = [identity("ListAccessTokens"), [[1, "bob"]]] as const;

/** OnboardRule { 1 id, 2 idp, 3 username_pattern, 4 org, 5 action, 6 priority, 17 status }. */
const rule: WireMessage = [
  [1, 4],
  [2, "idp.k8shell.io/github"],
  [3, "*"],
  [4, "acme"],
  [5, "waitlist"],
  [6, 10],
  [17, "pending"],
];

const variable: WireMessage = [
  [1, "EDITOR"],
  [2, "vi"],
];
const key: WireMessage = [
  [1, "bob"],
  [2, "EDITOR"],
];
const orgKey: WireMessage = [
  [1, "acme"],
  [2, "EDITOR"],
];
const change = { value: "", isSecret: false };
/** StringValue and BoolValue that are there and empty. */
const changed: WireMessage = [
  [3, []],
  [4, []],
];
const orgEnvWrite: Case["asks"] = [["org", "org:envvar:write", "org", "acme", {}, {}]];

export const administration: Readonly<Record<string, Case>> = {
  ListGlobalRoles: {
    ...one(
      identity("ListGlobalRoles"),
      [],
      [[1, [[1, "admin"]]]],
      ["GET", "/roles"],
      [["role", "role:list", "role", "", {}, {}]],
      200,
    ),
    obligations: { global_roles: "true" },
  },
  UpdateRole: one(
    identity("UpdateRole"),
    [
      [1, "tester"],
      [2, "acme"],
      [3, []],
    ],
    [[1, "tester"]],
    ["PATCH", "/organizations/acme/roles/tester", { description: "" }],
    [ofRole("role:update")],
    200,
  ),
  AddRoleBlueprints: one(
    identity("AddRoleBlueprints"),
    [
      [1, "tester"],
      [2, "acme"],
      [3, "dev"],
      [3, "test"],
    ],
    [[1, "tester"]],
    ["POST", "/organizations/acme/roles/tester/blueprints", { blueprints: ["dev", "test"] }],
    [ofRole("role:update")],
    200,
  ),
  RemoveRoleBlueprints: one(
    identity("RemoveRoleBlueprints"),
    [
      [1, "tester"],
      [2, "acme"],
      [3, "dev"],
    ],
    [[1, "tester"]],
    ["DELETE", "/organizations/acme/roles/tester/blueprints", { blueprints: ["dev"] }],
    [ofRole("role:update")],
    200,
  ),
  AddUserAuthKeys: one(
    identity("AddUserAuthKeys"),
    [
      [1, "bob"],
      [2, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g bob"],
    ],
    user,
    [
      "POST",
      "/users/bob/keys",
      { keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g bob"] },
    ],
    [ofUser("user:write", "keys")],
    204,
  ),
  ListRepos: one(
    identity("ListRepos"),
    [
      [1, "bob"],
      [2, "acme"],
    ],
    [[1, [[1, "portal"]]]],
    ["GET", "/users/bob/repos?owner=acme"],
    [ofUser("user:read", "repos")],
    200,
  ),
  AddGitUserCredential: one(
    identity("AddGitUserCredential"),
    [
      [1, "bob"],
      [2, "https://github.com"],
      [3, "bobhub"],
      [4, "s3cret"],
    ],
    [[1, credential]],
    [
      "POST",
      "/users/bob/credentials/git",
      { scope: "https://github.com", subject: "bobhub", secret: "s3cret" },
    ],
    [writeGit],
    201,
  ),
  AddRegistryUserCredential: one(
    identity("AddRegistryUserCredential"),
    [
      [1, "bob"],
      [2, "ghcr.io"],
      [3, "bobhub"],
      [4, "s3cret"],
    ],
    [[1, credential]],
    ["POST", "/users/bob/credentials/registry", { scope: "ghcr.io", subject: "bobhub", secret: "s3cret" }],
    [ofUser("user:write", "credentials", { credential_type: "registry" })],
    201,
  ),
  AddKubernetesUserCredential: one(
    identity("AddKubernetesUserCredential"),
    [
      [1, "bob"],
      [2, "team-a"],
      [3, "builder"],
    ],
    [[1, credential]],
    ["POST", "/users/bob/credentials/kubernetes", { scope: "team-a", subject: "builder" }],
    [ofUser("user:write", "credentials", { credential_type: "kubernetes" })],
    201,
  ),
  UpdateUserCredential: {
    rest: ["PATCH", "/users/bob/credentials?id=3", { active: false }],
    calls: [
      listCredentials,
      [
        identity("UpdateUserCredential"),
        [
          [1, 3],
          [5, []],
        ],
      ],
    ],
    answers: { ...credentials, [identity("UpdateUserCredential")]: [[1, credential]] },
    asks: [writeGit],
    status: 200,
  },
  RemoveUserCredential: {
    rest: ["DELETE", "/users/bob/credentials?id=3"],
    calls: [
      listCredentials,
      [
        identity("RemoveUserCredential"),
        [
          [1, "bob"],
          [2, 3],
        ],
      ],
    ],
    answers: { ...credentials, [identity("RemoveUserCredential")]: [[1, true]] },
    asks: [writeGit],
    status: 204,
  },
  UpdateAccessToken: {
    rest: ["PATCH", "/users/bob/tokens/7", { active: false, scopes: ["session:list"] }],
    calls: [
      listTokens,
      [
        identity("UpdateAccessToken"),
        [
          [1, 7],
          [2, "bob"],
          [3, []],
          [4, [[1, "session:list"]]],
        ],
      ],
    ],
    answers: { ...tokens, [identity("UpdateAccessToken")]: [[1, token]] },
    // New scopes are capped as those of a new token are.
    obligations: { scopes: '["*"]', expires_in: "never" },
    asks: [
      ["user", "token:write", "user", "", { owner: "bob" }, {}],
      ["user", "token:create", "user", "", { owner: "bob" }, { source: "api" }],
    ],
    status: 200,
  },
  DeleteAccessToken: {
    rest: ["DELETE", "/users/bob/tokens/7"],
    calls: [listTokens, [identity("DeleteAccessToken"), [[1, 7]]]],
    answers: { ...tokens, [identity("DeleteAccessToken")]: [[1, true]] },
    asks: [["user", "token:delete", "user", "", { owner: "bob" }, {}]],
    status: 204,
  },
  GetOnboardRulesQuerySchema: one(
    identity("GetOnboardRulesQuerySchema"),
    [],
    [[1, "onboard-rules"]],
    ["GET", "/organizations/acme/onboard-rules/_schema"],
    [["onboardrule", "onboardrule:list", "onboardrule", "", { org: "acme" }, {}]],
    200,
  ),
  CreateOnboardRule: one(
    identity("CreateOnboardRule"),
    [
      [1, "idp.k8shell.io/github"],
      [2, "dev-*"],
      [3, "acme"],
      [4, "allow"],
      [5, 10],
    ],
    rule,
    [
      "POST",
      "/organizations/acme/onboard-rules",
      { idp: "idp.k8shell.io/github", usernamePattern: "dev-*", action: "allow", priority: 10 },
    ],
    [
      [
        "onboardrule",
        "onboardrule:create",
        "onboardrule",
        "dev-*",
        { org: "acme", idp: "idp.k8shell.io/github" },
        {},
      ],
    ],
    201,
  ),
  GetOrganizationsQuerySchema: one(
    identity("GetOrganizationsQuerySchema"),
    [],
    [[1, "organizations"]],
    ["GET", "/organizations/_schema"],
    [["org", "org:list", "org", "", {}, {}]],
    200,
  ),
  GetUserEnvVar: one(
    identity("GetUserEnvVar"),
    key,
    variable,
    ["GET", "/users/bob/envvars/EDITOR"],
    [ofUser("user:read", "envvars")],
    200,
  ),
  UpdateUserEnvVar: one(
    identity("UpdateUserEnvVar"),
    [...key, ...changed],
    variable,
    ["PATCH", "/users/bob/envvars/EDITOR", change],
    [ofUser("user:write", "envvars")],
    200,
  ),
  DeleteUserEnvVar: one(
    identity("DeleteUserEnvVar"),
    key,
    [[1, true]],
    ["DELETE", "/users/bob/envvars/EDITOR"],
    [ofUser("user:write", "envvars")],
    204,
  ),
  GetOrganizationEnvVar: one(
    identity("GetOrganizationEnvVar"),
    orgKey,
    variable,
    ["GET", "/organizations/acme/envvars/EDITOR"],
    [["org", "org:envvar:read", "org", "acme", {}, {}]],
    200,
  ),
  AddOrganizationEnvVar: one(
    identity("AddOrganizationEnvVar"),
    [...orgKey, [3, "vi"]],
    variable,
    ["POST", "/organizations/acme/envvars", { key: "EDITOR", value: "vi" }],
    orgEnvWrite,
    201,
  ),
  UpdateOrganizationEnvVar: one(
    identity("UpdateOrganizationEnvVar"),
    [...orgKey, ...changed],
    variable,
    ["PATCH", "/organizations/acme/envvars/EDITOR", change],
    orgEnvWrite,
    200,
  ),
  DeleteOrganizationEnvVar: one(
    identity("DeleteOrganizationEnvVar"),
    orgKey,
    [[1, true]],
    ["DELETE", "/organizations/acme/envvars/EDITOR"],
    orgEnvWrite,
    204,
  ),
  GetAvailableIdentityProviders: one(
    identity("GetAvailableIdentityProviders"),
    [],
    [
      [
        1,
        [
          [1, "idp.k8shell.io/github"],
          [2, "OnboardUserWebFlow"],
        ],
      ],
    ],
    ["GET", "/auth/providers"],
    [],
    200,
  ),
  DeleteUserWorkspaces: {
    rest: ["DELETE", "/users/bob"],
    calls: [
      [identity("FindUser"), [[1, "bob"]]],
      [identity("DeleteUser"), [[1, "bob"]]],
      [provisioner("DeleteUserWorkspaces"), [[1, "bob"]]],
    ],
    answers: {
      [identity("FindUser")]: user,
      [identity("DeleteUser")]: [[1, true]],
      [provisioner("DeleteUserWorkspaces")]: [],
    },
    asks: [["user", "user:delete", "user", "bob", {}, {}]],
    status: 204,
  },
  StartWorkspaceStream: {
    rest: ["POST", "/workspaces/bob-97ed438/start"],
    calls: [
      [provisioner("FindWorkspace"), [[1, "bob-97ed438"]]],
      [
        provisioner("StartWorkspaceStream"),
        [
          [1, "bob-97ed438"],
          [3, true],
          [4, true],
        ],
      ],
    ],
    answers: {
      [provisioner("StartWorkspaceStream")]: [
        [
          1,
          [
            [1, "bob-97ed438"],
            [2, "3b241101-e2bb-4255-8caf-4136c566a962"],
          ],
        ],
      ],
    },
    asks: [
      ["workspace", "workspace:create", "workspace", "bob-97ed438", { owner: "bob" }, { mode: "standalone" }],
    ],
    status: 202,
  },
};

const find = [provisioner("FindWorkspace"), [[1, "bob-97ed438"]]] as const;
const toDaemon = (
  rpc: string,
  message: WireMessage,
  answer: WireMessage,
  rest: Case["rest"],
  ask: Case["asks"][number],
  status: number,
): Case => ({ rest, calls: [find, [rpc, message]], answers: { [rpc]: answer }, asks: [ask], status });
const read: Case["asks"][number] = [
  "workspace",
  "workspace:read",
  "workspace",
  "bob-97ed438",
  { owner: "bob" },
  {},
];
const app = (op: string, name?: string): Case["asks"][number] => [
  "workspace",
  "workspace:app",
  "workspace",
  "bob-97ed438",
  name === undefined ? { owner: "bob" } : { owner: "bob", app: name },
  { op },
];

/** Calls to the daemon of a workspace, at the address that the provisioner gave. */
export const daemon: Readonly<Record<string, Case>> = {
  SystemInfo: toDaemon(
    "/k8shelld.SystemService/SystemInfo",
    [],
    [[2, [[1, "1h"]]]],
    ["GET", "/workspaces/bob-97ed438/sysinfo"],
    read,
    200,
  ),
  GetLogsPage: toDaemon(
    "/k8shelld.SystemService/GetLogsPage",
    [
      [1, "shell"],
      [2, 3],
      [3, 90],
      [4, 10],
    ],
    [],
    ["GET", "/workspaces/bob-97ed438/logs/page?component=shell&level=warn&before_id=90&limit=10"],
    read,
    200,
  ),
  ListSessions: toDaemon(
    "/k8shelld.SshService/ListSessions",
    [],
    [],
    ["GET", "/workspaces/bob-97ed438/terminals"],
    ["workspace", "workspace:connect", "workspace", "bob-97ed438", { owner: "bob" }, { type: "webshell" }],
    200,
  ),
  ListApps: toDaemon(
    "/k8shelld.AppService/ListApps",
    [],
    [
      [
        1,
        [
          [1, "code"],
          [2, "RUNNING"],
        ],
      ],
    ],
    ["GET", "/workspaces/bob-97ed438/apps"],
    app("read"),
    200,
  ),
  InstallApp: toDaemon(
    "/k8shelld.AppService/InstallApp",
    [
      [1, "code"],
      [2, true],
    ],
    [],
    ["POST", "/workspaces/bob-97ed438/apps/code/install?force=true"],
    app("install", "code"),
    202,
  ),
  StartApp: toDaemon(
    "/k8shelld.AppService/StartApp",
    [[1, "code"]],
    [],
    ["POST", "/workspaces/bob-97ed438/apps/code/start"],
    app("start", "code"),
    204,
  ),
  StopApp: toDaemon(
    "/k8shelld.AppService/StopApp",
    [[1, "code"]],
    [],
    ["POST", "/workspaces/bob-97ed438/apps/code/stop"],
    app("stop", "code"),
    204,
  ),
  GetLogs: {
    rest: ["GET", "/workspaces/bob-97ed438/apps/code/logs?logType=install"],
    calls: [
      find,
      ["/k8shelld.AppService/ListApps", []],
      [
        "/k8shelld.AppService/GetLogs",
        [
          [1, "code"],
          [2, 1],
        ],
      ],
    ],
    answers: {
      "/k8shelld.AppService/ListApps": [[1, [[1, "code"]]]],
      "/k8shelld.AppService/GetLogs": [[1, "installed"]],
    },
    asks: [app("read", "code")],
    status: 200,
  },
};
