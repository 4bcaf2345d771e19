import { type ActionPermission, policyFactsHeader, type ScopeReach, scopeReach } from "@k8shell/contract";
import type {
  AuthzService,
  EvaluateRequest,
  EvaluateResponse,
} from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { type Client, Code, RpcError, responseOf } from "@k8shell/rpc";
import type { Principal } from "../auth/principal.ts";
import { ApiError } from "../http/api-error.ts";
import type { ResourceRef } from "../http/handler.ts";
import { factsMetadata, splitContext } from "./own-facts.ts";

/** What is asked of the policy, and the scope a PAT needs; placeholders already filled in. */
export type Action = Pick<ActionPermission, "package" | "action" | "scope" | "context">;

export type Obligations = Readonly<Record<string, string>>;

/**
 * May this caller do that? Policy first, then the PAT's scopes; both must agree (rest-contract 4.3).
 * Gives the obligations of the decision, which the caller of this function must apply; without a promise where the policy
 * service answers at once.
 * @throws ApiError forbidden, insufficient_scope, unavailable, timeout
 */
export interface Authorize {
  (
    principal: Principal,
    action: Action,
    resource: ResourceRef,
    /** Ties the audit record of the decision to the request's log lines and error body. */
    requestId: string,
  ): Promise<Obligations> | Obligations;
  /**
   * Has the policy service answered the latest question with facts of our own (`policy-facts.ts`) without them? Then what
   * differs only by those is the same question to it.
   */
  ignoresFacts?(): boolean;
}

/** Something a caller was allowed. */
export interface Decision {
  readonly action: Action;
  readonly resource: ResourceRef;
}

/**
 * Is all that still allowed, now? Asked as a capability check, which leaves no trace in the audit: nothing is done.
 * @throws ApiError forbidden, insufficient_scope, unavailable, timeout
 */
export type StillAllowed = (principal: Principal, decisions: readonly Decision[]) => Promise<void>;

/**
 * Failures of the policy service that say nothing about the caller. Unauthenticated is one: it is about the token of this
 * server, since that of the user has just been verified.
 */
const passing: ReadonlySet<Code> = new Set([Code.Unavailable, Code.DeadlineExceeded, Code.Unauthenticated]);

const noObligations: Obligations = Object.freeze({});

const isOwned = (principal: Principal, resource: ResourceRef): boolean => {
  if (resource.owned !== undefined) return resource.owned;
  const owner = resource.attributes?.owner ?? (resource.type === "user" ? resource.id : undefined);
  return owner !== undefined && owner === principal.username;
};

const subjectOf = (resource: ResourceRef): string =>
  resource.id === "" ? "" : ` on ${resource.type} ${resource.id.slice(0, 128)}`;

/** Written out rather than made by the library, which looks into the schema for it: it is asked for every request. */
const questionOf = (
  principal: Principal,
  action: Action,
  resource: ResourceRef,
  context: Readonly<Record<string, string>>,
): EvaluateRequest => ({
  $typeName: "authz.v1.EvaluateRequest",
  token: principal.jwt,
  package: action.package,
  action: action.action,
  resource: {
    $typeName: "authz.v1.Resource",
    type: resource.type,
    id: resource.id,
    attributes: resource.attributes ?? {},
  },
  context,
  patPreview: principal.credential.kind === "pat" ? principal.credential.preview : "",
});

const notAllowed = (action: Action, resource: ResourceRef) =>
  new ApiError("forbidden", `You are not allowed to do ${action.action}${subjectOf(resource)}.`);

/** Where a caller's token lets them do something; everywhere for callers without one. */
const reachOf = (principal: Principal, action: Action, resource: ResourceRef): ScopeReach => {
  const { credential } = principal;
  return credential.kind === "pat"
    ? scopeReach(credential.scopes, action.scope, isOwned(principal, resource))
    : "everywhere";
};

/** The workspaces to which a caller's token limits an action; undefined: it does not. */
export const namedWorkspaces = (
  principal: Principal,
  action: Action,
  resource: ResourceRef,
): ReadonlySet<string> | undefined => {
  const reach = reachOf(principal, action, resource);
  return reach === "everywhere" ? undefined : (reach ?? new Set());
};

const workspaceOf = ({ type, id, workspace }: ResourceRef): string | undefined =>
  workspace ?? (type === "workspace" && id !== "" ? id : undefined);

/** @throws ApiError insufficient_scope */
const refuseBeyondScopes = (principal: Principal, action: Action, resource: ResourceRef): void => {
  const reach = reachOf(principal, action, resource);
  if (reach === "everywhere") return;
  const workspace = workspaceOf(resource);
  if (reach && (workspace === undefined ? resource.isFiltered : reach.has(workspace))) return;
  throw new ApiError(
    "insufficient_scope",
    `The access token lacks the scope ${action.scope}${subjectOf(resource)}.`,
  );
};

/** What a caller is told when the policy service answered with a failure. */
const failureOf = (cause: unknown, action: Action, resource: ResourceRef): unknown => {
  if (!(cause instanceof RpcError) || passing.has(cause.code)) return cause;
  if (cause.code === Code.PermissionDenied) return notAllowed(action, resource);
  if (cause.code === Code.InvalidArgument) {
    // What the caller named cannot be a name: too long, or not text (grpc-behaviour section 8: 500 or 400).
    return new ApiError("bad_request", "The request names something that cannot exist.", { cause });
  }
  // A request the policy service cannot judge is a defect here, and it is not allowed.
  return new ApiError("internal", "internal error", { cause });
};

/** Builds `Authorize`. Without `authz` policy is disabled by the configuration and only scopes are checked. */
export const createAuthorize = (authz: Client<typeof AuthzService> | undefined): Authorize => {
  if (!authz) {
    return (principal, action, resource) => {
      refuseBeyondScopes(principal, action, resource);
      return noObligations;
    };
  }
  let ignoresFacts = false;
  const authorize: Authorize = (principal, action, resource, requestId) => {
    let readsFacts = false;
    const granted = ({ allowed, obligations }: EvaluateResponse): Obligations => {
      if (own) ignoresFacts = !readsFacts;
      if (!allowed) throw notAllowed(action, resource);
      refuseBeyondScopes(principal, action, resource);
      return obligations;
    };
    const { context, own } = splitContext(action.action, action.context);
    const question = questionOf(principal, action, resource, context);
    const call = authz.evaluate(
      question,
      own
        ? {
            metadata: { "x-request-id": requestId, ...factsMetadata([own]) },
            onHeaders(headers) {
              readsFacts = headers[policyFactsHeader] !== undefined;
            },
          }
        : { metadata: { "x-request-id": requestId } },
    );
    const answer = responseOf(call);
    if (answer) return granted(answer);
    return call.then(granted, (cause: unknown) => {
      throw failureOf(cause, action, resource);
    });
  };
  return Object.assign(authorize, { ignoresFacts: () => ignoresFacts });
};

/** Builds `StillAllowed`. */
export const createStillAllowed =
  (authz: Client<typeof AuthzService> | undefined): StillAllowed =>
  async (principal, decisions) => {
    const [first] = decisions;
    if (!first) return;
    for (const { action, resource } of decisions) refuseBeyondScopes(principal, action, resource);
    if (!authz) return;
    const contexts = decisions.map(({ action }) => splitContext(action.action, action.context));
    const requests = decisions.map(({ action, resource }, index) =>
      questionOf(principal, action, resource, contexts[index]?.context ?? {}),
    );
    try {
      const metadata = factsMetadata(contexts.map(({ own }) => own));
      const { responses } = await authz.batchEvaluate({ requests, capabilityCheck: true }, { metadata });
      // The answers come in the order of the questions; one that is missing is a no.
      const refused = decisions.find((_, index) => responses[index]?.allowed !== true);
      if (refused) throw notAllowed(refused.action, refused.resource);
    } catch (cause) {
      if (cause instanceof RpcError && cause.code === Code.PermissionDenied) {
        throw notAllowed(first.action, first.resource);
      }
      throw cause;
    }
  };
