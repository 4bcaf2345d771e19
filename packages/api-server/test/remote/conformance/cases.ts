import type { WireMessage } from "../../../../workspaced/test/bare/wire.ts";

/** A REST request, the calls it must become and what is answered. Messages are field numbers of the wire tables. */
export interface Case {
  readonly rest: readonly [method: string, path: string, body?: unknown];
  /** Obligations of every decision. */
  readonly obligations?: Readonly<Record<string, string>>;
  /** Every call but policy questions, in order, for each service: path and message. */
  readonly calls: ReadonlyArray<readonly [path: string, message: WireMessage]>;
  readonly answers: Readonly<Record<string, WireMessage>>;
  /** Policy questions: package, action, resource type, id, attributes, context. */
  readonly asks: ReadonlyArray<
    readonly [
      pkg: string,
      action: string,
      type: string,
      id: string,
      attributes: Readonly<Record<string, string>>,
      context: Readonly<Record<string, string>>,
    ]
  >;
  readonly status: number;
  /** What the answer's JSON contains, when it has one. */
  readonly json?: unknown;
}

const identity = (name: string) => `/identity.v1.IdentityService/${name}`;
const provisioner = (name: string) => `/provisioner.v1.ProvisionerService/${name}`;
const session = (name: string) => `/session.v1.SessionService/${name}`;

/** User { 1 username, 2 organization, 3 is_valid, 5 uid, 6 gid, 7 fullname, 9 email, 17 roles, 19 source, 20 shell }. */
const bob: WireMessage = [
  [1, "bob"],
  [2, "acme"],
  [3, true],
  [5, 1001],
  [6, 1001],
  [7, "Bob Jones"],
  [9, "bob@example.org"],
  [17, "developer"],
  [19, "local"],
  [20, "/bin/bash"],
];

/** WorkspaceDetails { 1 status { 2 status }, 3 name, 4 username, 9 blueprint, 10 server_name, 11 pod_ip, 12 port, 19 namespace }. */
const workspace: WireMessage = [
  [1, [[2, "Stopped"]]],
  [3, "bob-97ed438"],
  [4, "bob"],
  [5, "acme"],
  [9, "dev"],
  [10, "bob-97ed438.workspaces"],
  [12, 2822],
  [19, "workspaces"],
];

/** Descriptor { 1 resource, 2 fields { 1 name, 2 type, 4 operators } }. */
const descriptor: WireMessage = [
  [1, "things"],
  [
    2,
    [
      [1, "name"],
      [2, 1],
      [4, Uint8Array.of(1, 2)],
    ],
  ],
];

/** A query in JSON, and as Payload { 1 filters { 1 op, 2 conditions { 1 field, 2 op, 3 values } }, 2 sort { 1 field, 2 dir }, 3 page { 1 limit, 2 offset } }. */
const query = {
  filters: { op: "and", conditions: [{ field: "name", op: "eq", value: "x" }] },
  sort: [{ field: "name", dir: "desc" }],
  page: { limit: 5, offset: 10 },
};
const payload: WireMessage = [
  [
    1,
    [
      [1, 1],
      [
        2,
        [
          [1, "name"],
          [2, 1],
          [3, "x"],
        ],
      ],
    ],
  ],
  [
    2,
    [
      [1, "name"],
      [2, 2],
    ],
  ],
  [
    3,
    [
      [1, 5],
      [2, 10],
    ],
  ],
];

const findBob = [identity("FindUser"), [[1, "bob"]]] as const;
const findWorkspace = [provisioner("FindWorkspace"), [[1, "bob-97ed438"]]] as const;
const found = { [identity("FindUser")]: bob, [provisioner("FindWorkspace")]: workspace };

const ofUser = (
  action: string,
  dataType: string,
  context: Readonly<Record<string, string>> = {},
): Case["asks"][number] => ["user", action, "user", "bob", {}, { data_type: dataType, ...context }];
const ofOrg = (action: string, org = "acme"): Case["asks"][number] => ["org", action, "org", org, {}, {}];

export const cases: Readonly<Record<string, Case>> = {
  FindUser: {
    rest: ["GET", "/users/bob/profile"],
    calls: [findBob, [identity("GetPasswordLockoutStatus"), [[1, "bob"]]]],
    answers: { ...found, [identity("GetPasswordLockoutStatus")]: [] },
    asks: [ofUser("user:read", "profile")],
    status: 200,
    json: { username: "bob", organization: "acme", email: "bob@example.org" },
  },
  GetUsers: {
    rest: ["GET", "/users"],
    obligations: { roles: '["developer"]', org: "acme" },
    calls: [
      [
        identity("GetUsers"),
        [
          [1, 100],
          [3, "developer"],
          [5, "acme"],
        ],
      ],
    ],
    answers: { [identity("GetUsers")]: [[1, bob]] },
    asks: [["user", "user:list", "user", "", {}, {}]],
    status: 200,
    json: [{ username: "bob" }],
  },
  GetUsersQuerySchema: {
    rest: ["GET", "/users/_schema"],
    calls: [[identity("GetUsersQuerySchema"), []]],
    answers: { [identity("GetUsersQuerySchema")]: descriptor },
    asks: [["user", "user:list", "user", "", {}, {}]],
    status: 200,
    json: { resource: "things", fields: [{ name: "name", type: "string", operators: ["eq", "ne"] }] },
  },
  QueryUsers: {
    rest: ["POST", "/users/_query", query],
    obligations: { org: "acme" },
    calls: [
      [
        identity("QueryUsers"),
        [
          [
            1,
            [
              ...payload,
              [
                4,
                [
                  [1, "org"],
                  [2, "acme"],
                ],
              ],
            ],
          ],
        ],
      ],
    ],
    answers: { [identity("QueryUsers")]: [[1, bob]] },
    asks: [["user", "user:list", "user", "", {}, {}]],
    status: 200,
    json: [{ username: "bob" }],
  },
  CreateUser: {
    rest: [
      "POST",
      "/users",
      { username: "bob", org: "acme", fullname: "Bob Jones", email: "bob@example.org" },
    ],
    calls: [
      [
        identity("CreateUser"),
        [
          [1, "bob"],
          [2, "acme"],
          [3, "Bob Jones"],
          [4, "bob@example.org"],
        ],
      ],
    ],
    answers: { [identity("CreateUser")]: bob },
    asks: [["user", "user:create", "user", "bob", { org: "acme" }, {}]],
    status: 201,
  },
  UpdateUser: {
    rest: ["PATCH", "/users/bob/profile", { fullname: "", locked: false, uid: 7 }],
    calls: [
      findBob,
      [
        identity("UpdateUser"),
        [
          [1, "bob"],
          [2, []],
          [6, []],
          [10, [[1, 7]]],
        ],
      ],
    ],
    answers: { ...found, [identity("UpdateUser")]: bob },
    asks: [ofUser("user:write", "profile"), ofUser("user:write", "locked"), ofUser("user:write", "posix")],
    status: 200,
  },
  AddUserRoles: {
    rest: ["POST", "/users/bob/roles", { roles: ["developer"] }],
    calls: [
      [
        identity("AddUserRoles"),
        [
          [1, "bob"],
          [2, "developer"],
        ],
      ],
    ],
    answers: { [identity("AddUserRoles")]: bob },
    asks: [ofUser("user:write", "roles")],
    status: 200,
  },
  RemoveUserRoles: {
    rest: ["DELETE", "/users/bob/roles", { roles: ["developer"] }],
    calls: [
      [
        identity("RemoveUserRoles"),
        [
          [1, "bob"],
          [2, "developer"],
        ],
      ],
    ],
    answers: { [identity("RemoveUserRoles")]: bob },
    asks: [ofUser("user:write", "roles")],
    status: 200,
  },
  SetUserPassword: {
    rest: ["PUT", "/users/bob/password", { password: "correct horse" }],
    calls: [
      [
        identity("SetUserPassword"),
        [
          [1, "bob"],
          [2, "correct horse"],
        ],
      ],
    ],
    answers: { ...found, [identity("SetUserPassword")]: bob },
    asks: [ofUser("user:write", "password")],
    status: 200,
  },
  ClearPasswordLockout: {
    rest: ["DELETE", "/users/bob/password-lockout"],
    calls: [[identity("ClearPasswordLockout"), [[1, "bob"]]]],
    answers: { [identity("ClearPasswordLockout")]: [[1, true]] },
    asks: [ofUser("user:write", "locked")],
    status: 204,
  },
  ListUserAuthKeys: {
    rest: ["GET", "/users/bob/keys"],
    calls: [
      [
        identity("ListUserAuthKeys"),
        [
          [1, "bob"],
          [2, 1],
        ],
      ],
    ],
    answers: {
      [identity("ListUserAuthKeys")]: [
        [
          1,
          [
            [1, "ssh-ed25519 AAAA bob"],
            [2, "local"],
          ],
        ],
      ],
    },
    asks: [ofUser("user:read", "keys")],
    status: 200,
  },
  ListRepoOwners: {
    rest: ["GET", "/users/bob/repos/owners"],
    calls: [[identity("ListRepoOwners"), [[1, "bob"]]]],
    answers: { [identity("ListRepoOwners")]: [[1, [[1, "acme"]]]] },
    asks: [ofUser("user:read", "repos")],
    status: 200,
  },
  ListAccessTokens: {
    rest: ["GET", "/users/bob/tokens"],
    calls: [[identity("ListAccessTokens"), [[1, "bob"]]]],
    answers: {
      [identity("ListAccessTokens")]: [
        [
          1,
          [
            [1, 7],
            [2, "bob"],
            [3, "ci"],
            [4, "workspace:*"],
            [6, [[1, 1_700_000_000]]],
            [8, true],
            [9, "k8sh_AbCdEfGh"],
          ],
        ],
      ],
    },
    asks: [["user", "token:read", "user", "", { owner: "bob" }, {}]],
    status: 200,
    json: [
      {
        id: 7,
        name: "ci",
        scopes: ["workspace:*"],
        createdAt: "2023-11-14T22:13:20.000Z",
        expiresAt: null,
        isActive: true,
        tokenPreview: "k8sh_AbCdEfGh",
      },
    ],
  },
  CreateAccessToken: {
    rest: [
      "POST",
      "/users/bob/tokens",
      { name: "ci", scopes: ["workspace:*"], expires_at: "2100-01-01T00:00:00Z", renew: true },
    ],
    calls: [
      [identity("ListAccessTokens"), [[1, "bob"]]],
      [
        identity("CreateAccessToken"),
        [
          [1, "bob"],
          [2, "ci"],
          [3, "workspace:*"],
          [4, [[1, 4_102_444_800]]],
          [5, true],
        ],
      ],
    ],
    answers: {
      [identity("ListAccessTokens")]: [],
      [identity("CreateAccessToken")]: [
        [1, 7],
        [2, "k8sh_secret"],
      ],
    },
    obligations: { scopes: '["*"]', expires_in: "never" },
    asks: [["user", "token:create", "user", "", { owner: "bob" }, { source: "api" }]],
    status: 201,
    json: { id: 7, token: "k8sh_secret" },
  },
  ListUserCredentials: {
    rest: ["GET", "/users/bob/credentials"],
    calls: [[identity("ListUserCredentials"), [[1, "bob"]]]],
    answers: { [identity("ListUserCredentials")]: [] },
    asks: [
      ofUser("user:read", "credentials", { credential_type: "kubernetes" }),
      ofUser("user:read", "credentials", { credential_type: "git" }),
      ofUser("user:read", "credentials", { credential_type: "registry" }),
    ],
    status: 200,
    json: [],
  },
  GetUserCredential: {
    rest: ["GET", "/users/bob/credentials/git?scope=https%3A%2F%2Fgithub.com"],
    calls: [
      [
        identity("GetUserCredential"),
        [
          [1, "bob"],
          [2, "git"],
          [3, "https://github.com"],
        ],
      ],
    ],
    answers: {
      [identity("GetUserCredential")]: [
        [1, 3],
        [2, "bob"],
        [3, "git"],
        [4, "https://github.com"],
        [5, "bobhub"],
        [6, "s3cret"],
        [7, true],
      ],
    },
    asks: [ofUser("user:read", "credentials", { credential_type: "git" })],
    status: 200,
    json: { subject: "bobhub", secret: "s3cret" },
  },
  ListUserEnvVars: {
    rest: ["GET", "/users/bob/envvars"],
    calls: [[identity("ListUserEnvVars"), [[1, "bob"]]]],
    answers: { [identity("ListUserEnvVars")]: [] },
    asks: [ofUser("user:read", "envvars")],
    status: 200,
  },
  AddUserEnvVar: {
    rest: ["POST", "/users/bob/envvars", { key: "EDITOR", value: "vi", isSecret: true }],
    calls: [
      [
        identity("AddUserEnvVar"),
        [
          [1, "bob"],
          [2, "EDITOR"],
          [3, "vi"],
          [4, true],
        ],
      ],
    ],
    answers: {
      [identity("AddUserEnvVar")]: [
        [1, "EDITOR"],
        [2, "vi"],
      ],
    },
    asks: [ofUser("user:write", "envvars")],
    status: 201,
  },
  ListOrganizationEnvVars: {
    rest: ["GET", "/organizations/acme/envvars"],
    calls: [[identity("ListOrganizationEnvVars"), [[1, "acme"]]]],
    answers: { [identity("ListOrganizationEnvVars")]: [] },
    asks: [ofOrg("org:envvar:read")],
    status: 200,
  },
  ListOrganizations: {
    rest: ["GET", "/organizations"],
    calls: [[identity("ListOrganizations"), []]],
    answers: { [identity("ListOrganizations")]: [[1, [[1, "acme"]]]] },
    asks: [["org", "org:list", "org", "", {}, {}]],
    status: 200,
  },
  GetOrganization: {
    rest: ["GET", "/organizations/acme"],
    calls: [[identity("GetOrganization"), [[1, "acme"]]]],
    answers: { [identity("GetOrganization")]: [[1, "acme"]] },
    asks: [ofOrg("org:read")],
    status: 200,
  },
  CreateOrganization: {
    rest: ["POST", "/organizations", { name: "acme", description: "Anvils" }],
    calls: [
      [
        identity("CreateOrganization"),
        [
          [1, "acme"],
          [2, "Anvils"],
        ],
      ],
    ],
    answers: { [identity("CreateOrganization")]: [[1, "acme"]] },
    asks: [ofOrg("org:create")],
    status: 201,
  },
  UpdateOrganization: {
    rest: ["PATCH", "/organizations/acme", { description: "More anvils" }],
    calls: [
      [
        identity("UpdateOrganization"),
        [
          [1, "acme"],
          [2, [[1, "More anvils"]]],
        ],
      ],
    ],
    answers: { [identity("UpdateOrganization")]: [[1, "acme"]] },
    asks: [ofOrg("org:update")],
    status: 200,
  },
  ListRoles: {
    rest: ["GET", "/organizations/acme/roles"],
    calls: [
      [identity("ListRoles"), [[1, "acme"]]],
      [identity("ListGlobalRoles"), []],
    ],
    answers: {
      [identity("ListRoles")]: [[1, [[1, "developer"]]]],
      [identity("ListGlobalRoles")]: [[1, [[1, "admin"]]]],
    },
    asks: [["role", "role:list", "role", "", {}, {}]],
    obligations: { global_roles: "true" },
    status: 200,
  },
  CreateRole: {
    rest: ["POST", "/organizations/acme/roles", { name: "tester", description: "Tests" }],
    calls: [
      [
        identity("CreateRole"),
        [
          [1, "tester"],
          [2, "Tests"],
          [3, "acme"],
        ],
      ],
    ],
    answers: { [identity("CreateRole")]: [[1, "tester"]] },
    asks: [["role", "role:create", "role", "tester", { org: "acme" }, {}]],
    status: 201,
  },
  DeleteRole: {
    rest: ["DELETE", "/organizations/acme/roles/tester"],
    calls: [
      [
        identity("DeleteRole"),
        [
          [1, "tester"],
          [2, "acme"],
        ],
      ],
    ],
    answers: { [identity("DeleteRole")]: [[1, true]] },
    asks: [["role", "role:delete", "role", "tester", { org: "acme" }, {}]],
    status: 204,
  },
  GetSessions: {
    rest: ["GET", "/sessions?username=bob&workspace=bob-97ed438&last_n=3"],
    calls: [
      [
        session("GetSessions"),
        [
          [2, "bob"],
          [3, "bob-97ed438"],
          [9, 3],
        ],
      ],
    ],
    answers: {
      [session("GetSessions")]: [
        [
          1,
          [
            [1, "s1"],
            [2, "bob"],
            [6, 1_700_000_000],
            [8, "bob-97ed438"],
            [9, 10],
            [11, "sh"],
          ],
        ],
      ],
    },
    asks: [["session", "session:list", "workspace", "", { owner: "bob" }, {}]],
    status: 200,
    json: [{ sessionID: "s1", username: "bob", operations: ["sh"], channels: ["sh"] }],
  },
  GetSessionsQuerySchema: {
    rest: ["GET", "/sessions/_schema"],
    calls: [[session("GetSessionsQuerySchema"), []]],
    answers: { [session("GetSessionsQuerySchema")]: descriptor },
    asks: [["session", "session:list", "workspace", "", {}, {}]],
    status: 200,
  },
  QuerySessions: {
    rest: ["POST", "/sessions/_query", query],
    obligations: { username: "bob" },
    calls: [
      [
        session("QuerySessions"),
        [
          [
            1,
            [
              ...payload,
              [
                4,
                [
                  [1, "username"],
                  [2, "bob"],
                ],
              ],
            ],
          ],
        ],
      ],
    ],
    answers: { [session("QuerySessions")]: [] },
    asks: [["session", "session:list", "workspace", "", {}, {}]],
    status: 200,
  },
  FindWorkspace: {
    rest: ["GET", "/workspaces/bob-97ed438"],
    calls: [findWorkspace],
    answers: found,
    asks: [["workspace", "workspace:read", "workspace", "bob-97ed438", { owner: "bob" }, {}]],
    status: 200,
    json: { name: "bob-97ed438", username: "bob", status: "Stopped", serverName: "bob-97ed438.workspaces" },
  },
  StopWorkspace: {
    rest: ["DELETE", "/workspaces/bob-97ed438"],
    calls: [findWorkspace, [provisioner("StopWorkspace"), [[1, "bob-97ed438"]]]],
    answers: { ...found, [provisioner("StopWorkspace")]: [[1, "stopped"]] },
    asks: [["workspace", "workspace:delete", "workspace", "bob-97ed438", { owner: "bob" }, {}]],
    status: 202,
    json: { message: "stopped" },
  },
  DeleteWorkspace: {
    rest: ["DELETE", "/workspaces/bob-97ed438?delete=true"],
    calls: [findWorkspace, [provisioner("DeleteWorkspace"), [[1, "bob-97ed438"]]]],
    answers: { ...found, [provisioner("DeleteWorkspace")]: [[1, "deleted"]] },
    asks: [["workspace", "workspace:delete", "workspace", "bob-97ed438", { owner: "bob" }, {}]],
    status: 202,
    json: { message: "deleted" },
  },
  ProvisionWorkspaceStream: {
    rest: ["POST", "/workspaces", { username: "bob", blueprint: "dev" }],
    calls: [
      [
        provisioner("ProvisionWorkspaceStream"),
        [
          [1, "bob~dev"],
          [3, true],
          [4, true],
        ],
      ],
    ],
    answers: {
      [provisioner("ProvisionWorkspaceStream")]: [
        [
          1,
          [
            [1, "bob-59936c3"],
            [2, "3b241101-e2bb-4255-8caf-4136c566a962"],
          ],
        ],
      ],
    },
    asks: [["workspace", "workspace:create", "workspace", "", { owner: "bob" }, { mode: "standalone" }]],
    status: 202,
    json: { workspace: "bob-59936c3", jobId: "3b241101-e2bb-4255-8caf-4136c566a962" },
  },
  ListInjectNamespaces: {
    rest: ["GET", "/inject/namespaces"],
    calls: [[provisioner("ListInjectNamespaces"), []]],
    answers: { [provisioner("ListInjectNamespaces")]: [[1, "team-a"]] },
    asks: [["workspace", "workspace:create", "workspace", "", { owner: "root" }, { mode: "inject" }]],
    status: 200,
  },
  ListInjectWorkloads: {
    rest: ["GET", "/inject/workloads?namespace=team-a&kind=deployment"],
    calls: [
      [
        provisioner("ListInjectWorkloads"),
        [
          [1, "team-a"],
          [2, "deployment"],
        ],
      ],
    ],
    answers: { [provisioner("ListInjectWorkloads")]: [] },
    asks: [
      ["workspace", "workspace:create", "workspace", "", { owner: "root" }, { mode: "inject" }],
      ["workspace", "workspace:list", "workspace", "", {}, {}],
    ],
    status: 200,
  },
  GetWorkspacesQuerySchema: {
    rest: ["GET", "/workspaces/_schema"],
    calls: [[provisioner("GetWorkspacesQuerySchema"), []]],
    answers: { [provisioner("GetWorkspacesQuerySchema")]: descriptor },
    asks: [["workspace", "workspace:list", "workspace", "", {}, {}]],
    status: 200,
  },
  QueryWorkspaces: {
    rest: ["POST", "/workspaces/_query", query],
    obligations: { username: "bob" },
    calls: [
      [
        provisioner("QueryWorkspaces"),
        [
          [
            1,
            [
              ...payload,
              [
                4,
                [
                  [1, "username"],
                  [2, "bob"],
                ],
              ],
            ],
          ],
        ],
      ],
    ],
    answers: { [provisioner("QueryWorkspaces")]: [[1, workspace]] },
    asks: [["workspace", "workspace:list", "workspace", "", {}, {}]],
    status: 200,
  },
  GetBlueprints: {
    rest: ["GET", "/blueprints"],
    calls: [[provisioner("GetBlueprints"), []]],
    answers: { [provisioner("GetBlueprints")]: [[1, [[1, "dev"]]]] },
    asks: [["blueprint", "blueprints:read", "blueprint", "", {}, {}]],
    status: 200,
  },
};
