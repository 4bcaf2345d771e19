import {
  actions,
  canonicalForm,
  parseUserString,
  routes,
  type UserString,
  UserStringError,
  type UserStringFields,
  userStringFromFields,
  workspaceName,
} from "@k8shell/contract";
import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { FilterOp, Operator } from "@k8shell/contract/gen/query/v1/query_pb.js";
import type { AccountControl } from "../auth/account-control.ts";
import type { Backends } from "../backends/backends.ts";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, bind, json, type ResolvedTarget } from "../http/handler.ts";
import type { Idempotent } from "../http/idempotency.ts";
import type { AcceptedProvision } from "../jobs/handshake.ts";
import type { Provision } from "../jobs/provision.ts";
import { systemInfoJson } from "./mapping/daemon.ts";
import { oneWorkspaceJson, workspaceJson } from "./mapping/workspace.ts";
import { listRestriction } from "./obligations.ts";
import { askWorkspace } from "./workspace-call.ts";

export interface WorkspaceRoutesDeps {
  readonly backends: Backends;
  readonly provision: Provision;
  readonly idempotent: Idempotent;
  readonly accounts: Pick<AccountControl, "closeWorkspace">;
}

/** Removing a workspace may take the provisioner a minute (grpc-behaviour section 5, "Life cycle"). */
const removalTimeoutMs = 75_000;
const sysinfoTimeoutMs = 10_000;

/** The workspace that the guard has found. */
export const targetWorkspace = ({ workspace }: ResolvedTarget): WorkspaceDetails => {
  if (!workspace) throw new Error("the target of a workspace route is a workspace");
  return workspace;
};

/** The user string of a create request, and its canonical form. @throws ApiError invalid_user_string */
const userStringOf = (fields: UserStringFields): { user: UserString; text: string } => {
  try {
    const user = parseUserString(userStringFromFields(fields));
    if (user.form === "implicit")
      throw new UserStringError("invalid", "either blueprint or repoName is required");
    return { user, text: canonicalForm(user) };
  } catch (cause) {
    if (!(cause instanceof UserStringError)) throw cause;
    throw new ApiError("invalid_user_string", `The workspace cannot be named: ${cause.message}.`, { cause });
  }
};

/** What was accepted, and where to follow it (rest-contract 2.2). */
export const acceptedJson = ({ workspace, jobId }: AcceptedProvision) => ({
  workspace,
  jobId,
  monitorUrl: jobId === "" ? "" : `/api/v1/jobs/${encodeURIComponent(jobId)}`,
});

/** Workspaces (rest-contract 1.1, rows 17-21). The terminal is in `interactive.ts`. */
export const workspaceRoutes = ({
  backends,
  provision,
  idempotent,
  accounts,
}: WorkspaceRoutesDeps): BoundRoute[] => {
  const { provisioner, workspaces } = backends;

  /** @param owner whose; undefined: everybody's that the obligations leave */
  const list = async (owner: string | undefined, obligations: Readonly<Record<string, string>>) => {
    const conditions = owner === undefined ? [] : [{ field: "username", op: Operator.IN, values: [owner] }];
    const { workspaces: found } = await provisioner.queryWorkspaces({
      query: { filters: { op: FilterOp.AND, conditions }, obligations: { ...obligations } },
    });
    const { username, org } = listRestriction(obligations);
    // The service has done this; a list that is too long must not depend on it alone.
    return found.filter(
      (workspace) =>
        (owner === undefined || workspace.username === owner) &&
        (username === undefined || workspace.username === username) &&
        (org === undefined || workspace.organization === org),
    );
  };

  return [
    bind(routes.listWorkspaces, async ({ target, obligations }) => {
      const found = await list(target.username, obligations);
      return json(200, found.map(workspaceJson));
    }),

    bind(routes.createWorkspace, async ({ body, principal, authorize, request, route }) => {
      const { user, text } = userStringOf({ ...body, username: body.username ?? principal.username });
      const name = workspaceName(user);
      const action = user.workload ? actions.workspaceCreateInject : actions.workspaceCreateStandalone;
      await authorize(action, {
        ...{ type: "workspace", id: "", attributes: { owner: user.username } },
        // An injected one is named by the platform: nobody can know whether a token is for it.
        ...(name === "" ? {} : { workspace: name }),
      });
      const { username } = principal;
      const key = request.raw.headers["idempotency-key"];
      return idempotent({ key, username, operationId: route.operationId, body: text }, async () => ({
        status: 202,
        body: acceptedJson(await provision(text)),
      }));
    }),

    bind(routes.getWorkspace, ({ target }) => json(200, oneWorkspaceJson(targetWorkspace(target)))),

    bind(routes.deleteWorkspace, async ({ target, query }) => {
      const { name } = targetWorkspace(target);
      const options = { timeoutMs: removalTimeoutMs };
      const { message } = query.delete
        ? await provisioner.deleteWorkspace({ workspace: name }, options)
        : await provisioner.stopWorkspace({ workspace: name }, options);
      await accounts.closeWorkspace(name);
      return json(202, { message: message === "" ? (query.delete ? "deleting" : "stopping") : message });
    }),

    bind(routes.getWorkspaceSystemInfo, async ({ target, signal }) => {
      const { system } = workspaces.connect(targetWorkspace(target));
      const info = await askWorkspace(() => system.systemInfo({}, { timeoutMs: sysinfoTimeoutMs, signal }));
      return json(200, systemInfoJson(info));
    }),
  ];
};
