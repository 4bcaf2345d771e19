/**
 * Every action of the platform and what a request about it must carry (grpc-behaviour section 8). The Cedar schema,
 * the validation of requests and the scope recorded in the audit log all come from this table.
 */

/** Resource types of `EvaluateRequest.resource.type`. */
export type ResourceType = "workspace" | "user" | "role" | "org" | "onboardrule" | "blueprint" | "audit";

/** A value of the request's context. An array lists the only values accepted; `port` is a number, 0 for "any". */
export type ContextKind = "string" | "port" | readonly string[];

export interface ContextField {
  readonly kind: ContextKind;
  readonly required: boolean;
  /** Required only when the field named here has this value. */
  readonly when?: { readonly field: string; readonly is: string };
}

/**
 * Who a resource belongs to:
 * - `attribute`: the user named by attribute `owner`
 * - `self`: the resource is a user account and belongs to that user
 * - `none`: to nobody in particular
 */
export type Ownership = "attribute" | "self" | "none";

export interface ActionSpec {
  readonly name: string;
  /** Value that `EvaluateRequest.package` must have. */
  readonly package: string;
  readonly type: ResourceType;
  readonly id: "required" | "optional" | "none";
  readonly ownership: Ownership;
  /** Attributes that must be present and not empty. `keyed`: must be present, may be empty (a global role's `org`). */
  readonly required: readonly string[];
  readonly keyed: readonly string[];
  readonly optional: readonly string[];
  readonly context: Readonly<Record<string, ContextField>>;
  /** Context fields whose values extend the action to its scope, e.g. `workspace:connect` + `webshell`. */
  readonly qualifiers: readonly string[];
  /** Completes "You are not allowed to …". */
  readonly phrase: string;
}

const credentialTypes = ["git", "registry", "kubernetes"] as const;
const readable = ["profile", "credentials", "blueprints", "roles", "keys", "repos", "envvars"] as const;
const writable = [
  "profile",
  "credentials",
  "roles",
  "keys",
  "sudo",
  "locked",
  "org",
  "posix",
  "password",
  "envvars",
] as const;

const required = (kind: ContextKind): ContextField => ({ kind, required: true });
const optional = (kind: ContextKind): ContextField => ({ kind, required: false });
const requiredWhen = (kind: ContextKind, field: string, is: string): ContextField => ({
  kind,
  required: false,
  when: { field, is },
});

type Details = Partial<Omit<ActionSpec, "name" | "package" | "type" | "phrase">>;

const define = (
  name: string,
  packageName: string,
  type: ResourceType,
  phrase: string,
  details: Details = {},
): ActionSpec => ({
  id: "none",
  ownership: "none",
  required: [],
  keyed: [],
  optional: [],
  context: {},
  qualifiers: [],
  ...details,
  name,
  package: packageName,
  type,
  phrase,
});

/** One existing workspace of one owner. */
const ofWorkspace: Details = { id: "required", ownership: "attribute", required: ["owner"] };
/** One existing user. */
const ofUser: Details = { id: "required", ownership: "self" };
/** The access tokens of one user. */
const ofTokens: Details = { id: "optional", ownership: "attribute", required: ["owner"] };
/** One role or organization. */
const named: Details = { id: "required" };
const namedRole: Details = { id: "required", keyed: ["org"] };
const ofOrgRule: Details = { id: "required", required: ["org"] };

const dataType = (values: readonly string[]): Details => ({
  ...ofUser,
  optional: ["org"],
  context: {
    data_type: required(values),
    credential_type: requiredWhen(credentialTypes, "data_type", "credentials"),
  },
  qualifiers: ["data_type", "credential_type"],
});

const sshAction = (name: string, phrase: string) =>
  define(`ssh:${name}`, "ssh", "workspace", phrase, { ...ofWorkspace, optional: ["blueprint"] });

const specs: readonly ActionSpec[] = [
  define("workspace:list", "workspace", "workspace", "list these workspaces", {
    id: "optional",
    ownership: "attribute",
    optional: ["owner"],
  }),
  define("workspace:create", "workspace", "workspace", "create this workspace", {
    ...ofWorkspace,
    id: "optional",
    context: { mode: required(["standalone", "inject"]) },
  }),
  define("workspace:read", "workspace", "workspace", "see this workspace", ofWorkspace),
  define("workspace:delete", "workspace", "workspace", "stop or delete this workspace", ofWorkspace),
  define("workspace:connect", "workspace", "workspace", "connect to this workspace", {
    ...ofWorkspace,
    context: {
      type: required(["webshell", "webfiles", "portforward"]),
      port: requiredWhen("port", "type", "portforward"),
      /** The port is shared with the caller, who is not its owner. */
      share: { kind: ["organization", "authenticated", "public"], required: false },
      /** The caller joins a terminal that somebody else has opened. */
      terminal_role: optional(["writer", "observer"]),
    },
    qualifiers: ["type"],
  }),
  define("workspace:files", "workspace", "workspace", "transfer files of this workspace", {
    ...ofWorkspace,
    context: {
      op: required(["download", "upload"]),
      operation: optional(["download", "list", "stat", "upload", "mkdir", "move", "delete"]),
      path: optional("string"),
      destination: optional("string"),
    },
  }),
  define("workspace:app", "workspace", "workspace", "use apps of this workspace", {
    ...ofWorkspace,
    optional: ["app"],
    context: { op: required(["read", "install", "start", "stop"]) },
    qualifiers: ["op"],
  }),
  define("workspace:provision", "workspace", "workspace", "use this blueprint", {
    ...ofWorkspace,
    id: "optional",
    context: {
      blueprint: optional("string"),
      mode: optional(["standalone", "inject"]),
      workload_name: optional("string"),
      workload_namespace: optional("string"),
      workload_kind: optional("string"),
    },
  }),
  define("session:start", "session", "workspace", "open a session in this workspace", {
    ...ofWorkspace,
    optional: ["blueprint"],
    context: {
      session_type: required(["shell", "tcpip", "exec", "sftp"]),
      session_source: required("string"),
    },
  }),
  define("session:list", "session", "workspace", "list these sessions", {
    id: "optional",
    ownership: "attribute",
    optional: ["owner"],
  }),
  define("user:create", "user", "user", "create this user", { id: "required", required: ["org"] }),
  define("user:delete", "user", "user", "delete this user", { ...ofUser, optional: ["org"] }),
  define("user:auth", "user", "user", "sign in as this user", {
    ...ofUser,
    required: ["idp"],
    optional: ["org"],
    context: { surface: required(["ssh", "web"]) },
    qualifiers: ["surface"],
  }),
  define("user:read", "user", "user", "see this data of this user", dataType(readable)),
  define("user:write", "user", "user", "change this data of this user", dataType(writable)),
  define("user:exists", "user", "user", "look up users", {
    id: "optional",
    context: { field: required(["username", "email"]) },
    qualifiers: ["field"],
  }),
  define("user:list", "user", "user", "list users"),
  define("token:create", "user", "user", "create access tokens of this user", {
    ...ofTokens,
    context: { source: required(["web-flow", "api"]) },
  }),
  define("token:read", "user", "user", "see access tokens of this user", ofTokens),
  define("token:write", "user", "user", "change access tokens of this user", ofTokens),
  define("token:delete", "user", "user", "delete access tokens of this user", ofTokens),
  define("role:list", "role", "role", "list roles"),
  define("role:create", "role", "role", "create this role", namedRole),
  define("role:update", "role", "role", "change this role", namedRole),
  define("role:delete", "role", "role", "delete this role", namedRole),
  define("org:list", "org", "org", "list organizations"),
  define("org:read", "org", "org", "see this organization", named),
  define("org:create", "org", "org", "create this organization", named),
  define("org:update", "org", "org", "change this organization", named),
  define("org:delete", "org", "org", "delete this organization", named),
  define("org:envvar:read", "org", "org", "see variables of this organization", named),
  define("org:envvar:write", "org", "org", "change variables of this organization", named),
  define("onboardrule:list", "onboardrule", "onboardrule", "list onboarding rules", { optional: ["org"] }),
  define("onboardrule:create", "onboardrule", "onboardrule", "create this onboarding rule", {
    id: "required",
    required: ["org", "idp"],
  }),
  define("onboardrule:update", "onboardrule", "onboardrule", "change this onboarding rule", ofOrgRule),
  define("onboardrule:delete", "onboardrule", "onboardrule", "delete this onboarding rule", ofOrgRule),
  define("blueprints:read", "blueprint", "blueprint", "see blueprint definitions", { id: "optional" }),
  define("audit:list", "audit", "audit", "see the audit log"),
  sshAction("shell", "open a shell in this workspace"),
  sshAction("exec", "run commands in this workspace"),
  sshAction("sftp", "transfer files of this workspace"),
  sshAction("direct-tcpip", "forward ports of this workspace"),
  sshAction("direct-streamlocal", "forward sockets of this workspace"),
  sshAction("agent-forward", "forward an agent to this workspace"),
];

/** All actions by name. */
export const actions: ReadonlyMap<string, ActionSpec> = new Map(specs.map((spec) => [spec.name, spec]));

/** Action groups, as used in policies: `Action::"workspace:*"`. */
export const groupsOf = (name: string): string[] => {
  const parts = name.split(":");
  return parts.slice(1).map((_, index) => `${parts.slice(0, index + 1).join(":")}:*`);
};

/** The scope of an action with its qualifiers folded in, e.g. `user:read:credentials:git`. */
export const scopeOf = (spec: ActionSpec, context: Readonly<Record<string, string>>): string =>
  [spec.name, ...spec.qualifiers.map((field) => context[field] ?? "").filter((value) => value !== "")].join(
    ":",
  );
