import type { ZodType } from "zod";

export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";

/** The policy packages of Authz (`EvaluateRequest.package`). */
export type PolicyPackage =
  | "workspace"
  | "session"
  | "user"
  | "role"
  | "org"
  | "onboardrule"
  | "blueprint"
  | "audit";

/**
 * What the caller must be allowed to do. `{name}` in `scope`, in context values and in attribute values stands for
 * the path parameter of that name; `{?name}` in context values for the workspace path in that query parameter, in its
 * normal form (see `normalPath`).
 */
export interface ActionPermission {
  readonly kind: "action";
  readonly package: PolicyPackage;
  /** Authz action, e.g. `workspace:connect`. */
  readonly action: string;
  /** PAT scope without `:self`, e.g. `workspace:connect:webshell`. */
  readonly scope: string;
  /**
   * The resource the decision is about:
   * - `workspace`: the workspace `:name`, found first (404); id = name, attribute owner = its user
   * - `user`: the user `:username`, or the caller under /me; id = username
   * - `token`: PATs of the user `:username` or the caller; attribute owner = username
   * - `job`: the job `:job_id`, found first (404); id = its workspace, attribute owner = its user
   * - `collection`: no single resource; the decision's obligations restrict the result.
   *    With a `username` query or body field the attribute owner is that user.
   * - `everything`: as `collection`, but about nobody in particular whatever the request says: only the decision's
   *    obligations restrict the result
   * - `organization`: the organization `:org`; id = org
   * - `role`: the role `:name` of the organization `:org`; id = name, attribute org = org
   * - `onboardrule`: the rule `:id` of the organization `:org`; id = id, attribute org = org
   */
  readonly target:
    | "workspace"
    | "user"
    | "token"
    | "job"
    | "collection"
    | "everything"
    | "organization"
    | "role"
    | "onboardrule";
  readonly context?: Readonly<Record<string, string>>;
  /** Attributes of the resource beside its owner, e.g. the app of a workspace. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export type Permission =
  | ActionPermission
  /** Nobody needs to be signed in; say why that is safe. */
  | { readonly kind: "public"; readonly why: string }
  /** Everybody who is signed in, with any token; say why that is safe. */
  | { readonly kind: "authenticated"; readonly why: string }
  /** Decided in the handler, which must call `authorize` for at least one of these before it answers 2xx (enforced). */
  | { readonly kind: "dynamic"; readonly why: string; readonly actions: readonly ActionPermission[] };

/** The kinds of body that are not JSON objects. */
export type RawKind = "bytes" | "text" | "yaml" | "event-stream" | "ndjson" | "html" | "websocket" | "none";

/** What tells that an answer may have changed, beside a change made through a route of the same section. */
export type ChangeTopic = "jobs" | "live" | "accounts";

/** How the JSON of a GET is followed over the event socket (docs/protocols/events.md). */
export interface Watch {
  /** Seconds after which it is looked at again at the latest. */
  readonly everySeconds: number;
  /** Looked at at once when one of these changes. */
  readonly on?: readonly ChangeTopic[];
}

/** One endpoint: the only declaration of it. OpenAPI, validation, documentation and SDK types derive from this. */
export interface RouteSpec {
  readonly method: HttpMethod;
  /** Below /api/v1 (or absolute from the root when `root` is true), with `:param` segments and no trailing slash. */
  readonly path: `/${string}`;
  readonly root?: true;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly permission: Permission;
  readonly params?: ZodType;
  readonly query?: ZodType;
  /** JSON body schema, or the kind of raw body that the handler streams. */
  readonly body?: ZodType | RawKind;
  /** Success statuses and their bodies. */
  readonly responses: Readonly<Record<number, ZodType | RawKind>>;
  /** The success body is also served as `text/event-stream` to a client whose Accept header asks for it. */
  readonly alternative?: "event-stream";
  /** Present: its JSON can be followed over the event socket. */
  readonly watch?: Watch;
  /** Present: its stream of this kind can be followed over the event socket. */
  readonly follow?: "event-stream" | "ndjson" | "text";
  /**
   * The answer is a list, and this field of its items names their workspace: an access token whose scopes name workspaces
   * is shown the items of those. Lists without it are not given to such a token.
   */
  readonly workspaceField?: string;
  /** Error statuses beside 400, 401, 403 and 500, with the reason. */
  readonly errors?: Readonly<Record<number, string>>;
}

/** Keeps literal types of a route declaration. */
export const route = <const R extends RouteSpec>(spec: R): R => spec;
