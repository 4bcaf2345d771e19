import type { MessageInitShape } from "@bufbuild/protobuf";
import type { EvaluateRequestSchema } from "@k8shell/contract/gen/authz/v1/authz_pb.js";

/** One question of a capability report. */
export interface Probe {
  /** As reported, with its qualifier: `workspace:connect:webshell`. */
  readonly name: string;
  /** The scope a token needs; not all qualifiers are part of it. */
  readonly scope: string;
  readonly package: string;
  readonly action: string;
  readonly type: string;
  readonly context: Readonly<Record<string, string>>;
  /** What the action requires of its resource beside an id. */
  readonly attributes: ReadonlyArray<"owner" | "org" | "idp">;
  /** Is there an id? Collections have none. */
  readonly named: boolean;
  /** Makes sense about oneself only. */
  readonly selfOnly: boolean;
}

type Options = Partial<Pick<Probe, "attributes" | "named" | "selfOnly">>;

const define =
  (policy: string, type: string, defaults: Options = {}) =>
  (action: string, context: Readonly<Record<string, string>> = {}, options: Options = {}): Probe => {
    const qualifiers = Object.keys(context).filter((key) => key !== "port");
    const name = [action, ...qualifiers.map((key) => context[key])].join(":");
    return {
      name,
      // Modes of creating and directions of files are decided by policy alone (grpc-behaviour section 2).
      scope: action === "workspace:create" || action === "workspace:files" ? action : name,
      package: policy,
      action,
      type,
      context,
      attributes: [],
      named: true,
      selfOnly: false,
      ...defaults,
      ...options,
    };
  };

/** A probe whose context is the same for everybody who asks, and no part of its name. */
const plainly = (probe: Probe): Probe => ({ ...probe, name: probe.action, scope: probe.action });

const ofWorkspace = define("workspace", "workspace", { attributes: ["owner"] });
const ofSession = define("session", "workspace", { attributes: ["owner"] });
const ofUser = define("user", "user");
const ofToken = define("user", "user", { attributes: ["owner"] });
const ofRole = define("role", "role", { attributes: ["org"] });
const ofOrg = define("org", "org");
const ofRule = define("onboardrule", "onboardrule", { attributes: ["org"] });
const overSsh = define("ssh", "workspace", { attributes: ["owner"] });

const list: Options = { named: false };
const listAny: Options = { named: false, attributes: [] };

const credentialTypes = ["kubernetes", "git", "registry"];
const readable = ["profile", "blueprints", "roles", "keys", "repos", "envvars"];
const writable = ["profile", "roles", "keys", "sudo", "locked", "org", "posix", "password", "envvars"];

const dataProbes = (action: string, types: readonly string[]): Probe[] => [
  ...types.map((data_type) => ofUser(action, { data_type })),
  ...credentialTypes.map((credential_type) => ofUser(action, { data_type: "credentials", credential_type })),
];

/**
 * The questions of a capability report (rest-contract 2.9, grpc-behaviour section 8). `workspace:provision` is left
 * out: it cannot be asked without a blueprint.
 */
export const probes: readonly Probe[] = [
  ofWorkspace("workspace:list", {}, list),
  ...["standalone", "inject"].map((mode) => ofWorkspace("workspace:create", { mode }, list)),
  ofWorkspace("workspace:read"),
  ofWorkspace("workspace:delete"),
  ...["webshell", "webfiles"].map((type) => ofWorkspace("workspace:connect", { type })),
  ofWorkspace("workspace:connect", { type: "portforward", port: "0" }),
  ...["download", "upload"].map((op) => ofWorkspace("workspace:files", { op })),
  ...["read", "install", "start", "stop"].map((op) => ofWorkspace("workspace:app", { op })),

  ofSession("session:list", {}, list),
  plainly(ofSession("session:start", { session_type: "shell", session_source: "api-server" })),

  ofUser("user:list", {}, { ...listAny, selfOnly: true }),
  ...["username", "email"].map((field) => ofUser("user:exists", { field }, listAny)),
  ofUser("user:create", {}, { attributes: ["org"] }),
  ofUser("user:delete"),
  ...["web", "ssh"].map((surface) =>
    ofUser("user:auth", { surface }, { attributes: ["idp", "org"], selfOnly: true }),
  ),
  ...dataProbes("user:read", readable),
  ...dataProbes("user:write", writable),
  plainly(ofToken("token:create", { source: "api" })),
  ...["read", "write", "delete"].map((verb) => ofToken(`token:${verb}`)),

  ofRole("role:list", {}, listAny),
  ...["create", "delete", "update"].map((verb) => ofRole(`role:${verb}`)),

  ofOrg("org:list", {}, list),
  ...["read", "create", "delete", "update", "envvar:read", "envvar:write"].map((verb) =>
    ofOrg(`org:${verb}`),
  ),

  ofRule("onboardrule:list", {}, list),
  ofRule("onboardrule:create", {}, { attributes: ["org", "idp"] }),
  ...["update", "delete"].map((verb) => ofRule(`onboardrule:${verb}`)),

  define("blueprint", "blueprint")("blueprints:read", {}, listAny),
  define("audit", "audit")("audit:list", {}, listAny),

  ...["shell", "exec", "sftp", "direct-tcpip", "direct-streamlocal", "agent-forward"].map((verb) =>
    overSsh(`ssh:${verb}`),
  ),
];

/** Whom a report is about. */
export interface ProbeSubject {
  /** Who would do it. */
  readonly username: string;
  /** Whose things are asked about. */
  readonly owner: string;
  readonly org: string;
  readonly idp: string;
}

/** The probe as Authz is asked it: any resource (id `*`) of the owner. */
export const probeRequest = (
  probe: Probe,
  subject: ProbeSubject,
  token: string,
): MessageInitShape<typeof EvaluateRequestSchema> => ({
  token,
  package: probe.package,
  action: probe.action,
  resource: {
    type: probe.type,
    id: probe.named ? "*" : "",
    attributes: {
      ...Object.fromEntries(probe.attributes.map((name) => [name, subject[name]])),
      // `*` stands for the subject's own account unless it is said whose.
      ...(probe.type === "user" && probe.named && subject.owner !== subject.username
        ? { owner: subject.owner }
        : {}),
    },
  },
  context: { ...probe.context },
});
