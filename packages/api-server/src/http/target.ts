import type { ActionPermission, PolicyPackage, RouteSpec } from "@k8shell/contract";
import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { Principal } from "../auth/principal.ts";
import type { JobRecord } from "../jobs/job-record.ts";
import { fill } from "./action.ts";
import { ApiError } from "./api-error.ts";
import type { ResolvedTarget, ResourceRef } from "./handler.ts";

/** Looks up what a path names. Both answer undefined when there is no such thing. */
export interface TargetLookup {
  /** Without a promise where it is known at once. */
  workspace(name: string): Promise<WorkspaceDetails | undefined> | WorkspaceDetails | undefined;
  job(id: string): Promise<JobRecord | undefined>;
}

/** The parts of a request that a target is taken from; `query` and `body` are not validated yet. */
export interface TargetInput {
  readonly principal: Principal;
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

const resourceTypeOf: Record<PolicyPackage, ResourceRef["type"]> = {
  workspace: "workspace",
  session: "workspace",
  user: "user",
  role: "role",
  org: "org",
  onboardrule: "onboardrule",
  blueprint: "blueprint",
  audit: "audit",
};

const textIn = (source: unknown, field: string): string | undefined => {
  if (typeof source !== "object" || source === null) return undefined;
  const value: unknown = Reflect.get(source, field);
  return typeof value === "string" && value !== "" ? value : undefined;
};

const isMe = (spec: RouteSpec): boolean => spec.path === "/me" || spec.path.startsWith("/me/");

/**
 * Whose things a collection request is about: the user it names, else the caller for lists of workspaces and sessions
 * (unless `all=true` asks for everybody's), else nobody in particular (rest-contract 1.1, rows 13, 17, 18).
 */
export const ownerOfCollection = (
  spec: RouteSpec,
  { action }: ActionPermission,
  { principal, params, query, body }: TargetInput,
): string | undefined => {
  if (isMe(spec)) return principal.username;
  const named = textIn(params, "username") ?? textIn(query, "username") ?? textIn(body, "username");
  if (named !== undefined) return named.toLowerCase();
  if (action !== "workspace:list" && action !== "session:list") return undefined;
  const all = query.all;
  return all === "true" || all === "1" || all === "" ? undefined : principal.username;
};

/** One workspace, as decisions are made on it. */
export const workspaceResource = ({ name, username }: WorkspaceDetails) =>
  ({ type: "workspace", id: name, attributes: { owner: username } }) as const satisfies ResourceRef;

interface Resolved {
  readonly target: ResolvedTarget;
  readonly resource: ResourceRef;
}

/** Finds what the route is about, and the resource the decision is made on. */
export type ResolveTarget = (input: TargetInput) => Promise<Resolved> | Resolved;

/**
 * Builds the resolver of one route.
 * @throws (when called) ApiError not_found for an unknown workspace or job
 */
export const createResolveTarget = (
  spec: RouteSpec,
  permission: ActionPermission,
  lookup: TargetLookup,
): ResolveTarget => {
  const attributes = permission.attributes && Object.entries(permission.attributes);
  const extra = (params: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> | undefined =>
    attributes && Object.fromEntries(attributes.map(([key, text]) => [key, fill(text, params)]));
  // Of a list that the guard filters, a token for some workspaces is shown what it reaches; of others nothing.
  const isFiltered = spec.workspaceField !== undefined;
  const none = { workspace: undefined, username: undefined, job: undefined };
  switch (permission.target) {
    case "workspace":
      return ({ params }) => {
        const name = textIn(params, "name") ?? "";
        const resolved = (workspace: WorkspaceDetails | undefined): Resolved => {
          if (!workspace) throw new ApiError("not_found", `There is no workspace ${name.slice(0, 128)}.`);
          const resource = workspaceResource(workspace);
          return {
            target: { workspace, username: undefined, job: undefined },
            resource: attributes
              ? { ...resource, attributes: { ...resource.attributes, ...extra(params) } }
              : resource,
          };
        };
        const found = name === "" ? undefined : lookup.workspace(name);
        return found instanceof Promise ? found.then(resolved) : resolved(found);
      };
    case "job":
      return async ({ params }) => {
        const id = textIn(params, "job_id") ?? "";
        const job = id === "" ? undefined : await lookup.job(id);
        if (!job) {
          throw new ApiError(
            "not_found",
            `There is no job ${id.slice(0, 128)}; jobs are kept for a limited time.`,
          );
        }
        return {
          target: { ...none, job },
          resource: {
            type: "workspace",
            // A job that failed early may have no workspace yet, and no resource is without a name.
            id: job.workspaceName || id,
            attributes: { owner: job.username ?? "" },
          },
        };
      };
    case "user":
    case "token":
      return ({ params, principal }) => {
        const username = textIn(params, "username")?.toLowerCase() ?? principal.username;
        const resource: ResourceRef =
          permission.target === "user"
            ? { type: "user", id: username }
            : { type: "user", id: "", attributes: { owner: username } };
        return { target: { ...none, username }, resource };
      };
    case "everything": {
      const type = resourceTypeOf[permission.package];
      return ({ params }) => ({
        target: none,
        resource: { type, id: "", attributes: extra(params) ?? {}, isFiltered },
      });
    }
    case "organization":
      return ({ params }) => ({
        target: none,
        resource: { type: "org", id: textIn(params, "org") ?? "" },
      });
    case "role":
      return ({ params }) => ({
        target: none,
        resource: {
          type: "role",
          id: textIn(params, "name") ?? "",
          attributes: { org: textIn(params, "org") ?? "" },
        },
      });
    case "onboardrule":
      return ({ params }) => ({
        target: none,
        resource: {
          type: "onboardrule",
          id: String(params.id ?? ""),
          attributes: { org: textIn(params, "org") ?? "" },
        },
      });
    case "collection":
      return (input) => {
        const owner = ownerOfCollection(spec, permission, input);
        return {
          target: { ...none, username: owner },
          resource: {
            type: resourceTypeOf[permission.package],
            id: "",
            isFiltered,
            ...(owner === undefined ? {} : { attributes: { owner } }),
          },
        };
      };
  }
};
