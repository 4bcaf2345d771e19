import type { ActionPermission, PolicyPackage } from "../route.ts";

type Target = ActionPermission["target"];
type Extra = Pick<ActionPermission, "context" | "attributes">;

const define =
  (policy: PolicyPackage) =>
  (target: Target, action: string, scope = action, extra: Extra = {}): ActionPermission => ({
    kind: "action",
    package: policy,
    action,
    scope,
    target,
    ...extra,
  });

const workspace = define("workspace");
const session = define("session");
const user = define("user");
const role = define("role");
const org = define("org");
const onboardRule = define("onboardrule");

const app = (op: string) =>
  workspace("workspace", "workspace:app", `workspace:app:${op}`, {
    context: { op },
    attributes: { app: "{app}" },
  });

const connect = (type: string) =>
  workspace("workspace", "workspace:connect", `workspace:connect:${type}`, { context: { type } });

const connectPort = (port: string) =>
  workspace("workspace", "workspace:connect", "workspace:connect:portforward", {
    context: { type: "portforward", port },
  });

const read = (dataType: string) =>
  user("user", "user:read", `user:read:${dataType}`, { context: { data_type: dataType } });

const write = (dataType: string) =>
  user("user", "user:write", `user:write:${dataType}`, { context: { data_type: dataType } });

/**
 * Files of a workspace. `op` is what the platform's own policies know (grpc-behaviour section 8); `operation` tells
 * exactly what is asked, `path` of what, `destination` where a move goes.
 */
const files = (op: "download" | "upload", operation: string, paths: Readonly<Record<string, string>>) =>
  workspace("workspace", "workspace:files", "workspace:files", { context: { op, operation, ...paths } });
const atPath = { path: "{?path}" };

const credentials = (verb: "read" | "write", type: string) =>
  user("user", `user:${verb}`, `user:${verb}:credentials:${type}`, {
    context: { data_type: "credentials", credential_type: type },
  });

const token = (verb: string, context?: Readonly<Record<string, string>>) =>
  user("token", `token:${verb}`, `token:${verb}`, context === undefined ? {} : { context });

/**
 * Every decision that a route asks for: policy action, resource and context (grpc-behaviour section 8) and the scope
 * a personal access token needs (rest-contract, section 1.1, last column).
 */
export const actions = {
  workspaceQuery: workspace("everything", "workspace:list"),
  workspaceList: workspace("collection", "workspace:list"),
  workspaceCreateStandalone: workspace("collection", "workspace:create", "workspace:create", {
    context: { mode: "standalone" },
  }),
  workspaceCreateInject: workspace("collection", "workspace:create", "workspace:create", {
    context: { mode: "inject" },
  }),
  workspaceStart: workspace("workspace", "workspace:create", "workspace:create", {
    context: { mode: "standalone" },
  }),
  workspaceRead: workspace("workspace", "workspace:read"),
  workspaceDelete: workspace("workspace", "workspace:delete"),
  connectWebshell: connect("webshell"),
  connectWebfiles: connect("webfiles"),
  /** Port 0 stands for any. */
  connectAnyPort: connectPort("0"),
  connectPort: connectPort("{port}"),
  filesDownload: files("download", "download", atPath),
  filesList: files("download", "list", atPath),
  filesStat: files("download", "stat", atPath),
  filesUpload: files("upload", "upload", atPath),
  filesMkdir: files("upload", "mkdir", atPath),
  filesMove: files("upload", "move", { path: "{?from}", destination: "{?to}" }),
  filesDelete: files("upload", "delete", atPath),
  /** A transfer that was begun under `filesUpload`; the decision about its path is made by the handler again. */
  filesResume: files("upload", "upload", {}),
  appRead: app("read"),
  appInstall: app("install"),
  appStart: app("start"),
  appStop: app("stop"),
  jobRead: workspace("job", "workspace:read"),

  sessionQuery: session("everything", "session:list"),
  sessionList: session("collection", "session:list"),

  userQuery: user("everything", "user:list"),
  userList: user("collection", "user:list"),
  userCreate: user("collection", "user:create"),
  userDelete: user("user", "user:delete"),
  readProfile: read("profile"),
  readBlueprints: read("blueprints"),
  readKeys: read("keys"),
  readRepos: read("repos"),
  readEnvVars: read("envvars"),
  writeEnvVars: write("envvars"),
  readNamedCredential: credentials("read", "{name}"),
  readCredentials: {
    kubernetes: credentials("read", "kubernetes"),
    git: credentials("read", "git"),
    registry: credentials("read", "registry"),
  },
  writeCredentials: {
    kubernetes: credentials("write", "kubernetes"),
    git: credentials("write", "git"),
    registry: credentials("write", "registry"),
  },
  writeProfile: write("profile"),
  writeRoles: write("roles"),
  writeKeys: write("keys"),
  writeSudo: write("sudo"),
  writeLocked: write("locked"),
  writeOrg: write("org"),
  writePosix: write("posix"),
  writePassword: write("password"),

  orgList: org("everything", "org:list"),
  orgRead: org("organization", "org:read"),
  orgCreate: org("collection", "org:create"),
  orgUpdate: org("organization", "org:update"),
  orgDelete: org("organization", "org:delete"),
  orgEnvVarRead: org("organization", "org:envvar:read"),
  orgEnvVarWrite: org("organization", "org:envvar:write"),

  roleList: role("everything", "role:list"),
  roleCreate: role("role", "role:create"),
  roleUpdate: role("role", "role:update"),
  roleDelete: role("role", "role:delete"),

  onboardRuleList: onboardRule("everything", "onboardrule:list", "onboardrule:list", {
    attributes: { org: "{org}" },
  }),
  onboardRuleCreate: onboardRule("onboardrule", "onboardrule:create"),
  onboardRuleUpdate: onboardRule("onboardrule", "onboardrule:update"),
  onboardRuleDelete: onboardRule("onboardrule", "onboardrule:delete"),

  auditList: define("audit")("everything", "audit:list"),
  blueprintsRead: define("blueprint")("everything", "blueprints:read"),

  tokenRead: token("read"),
  tokenCreate: token("create", { source: "api" }),
  tokenWrite: token("write"),
  tokenDelete: token("delete"),

  /** A token made of a token: no scope but `*` covers it. */
  internalToken: user("user", "user:read", "internal:token", { context: { data_type: "profile" } }),
} as const;
