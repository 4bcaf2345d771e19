import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { Principal } from "../auth/principal.ts";
import type { Authorize, Decision, StillAllowed } from "../authz/authorize.ts";
import { ApiError } from "../http/api-error.ts";
import { type TargetLookup, workspaceResource } from "../http/target.ts";
import type { AppPlace } from "./grant.ts";
import type { PortRecord, Shares } from "./shares.ts";

export interface PortPolicyDeps {
  readonly authorize: Authorize;
  readonly stillAllowed: StillAllowed;
  readonly isLocked: (username: string) => boolean;
  readonly findWorkspace: TargetLookup["workspace"];
  readonly shares: Pick<Shares, "get" | "remove">;
}

/** Who may use a port: policy, and what its owner has shared. */
export interface PortPolicy {
  /** @throws ApiError not_found */
  workspaceOf(place: AppPlace): Promise<WorkspaceDetails>;
  /** What is shared of a port of this workspace, while its owner's account is not locked. */
  shareInForce(workspace: WorkspaceDetails, port: number): PortRecord | undefined;
  /**
   * May this caller open the port? The decision is audited with its workspace and port.
   * @throws ApiError not_found, forbidden, insufficient_scope, unavailable
   */
  mayUse(principal: Principal, place: AppPlace, requestId: string): Promise<WorkspaceDetails>;
  /** May this caller, who has it open, keep it? Leaves no trace in the audit. @throws ApiError as `mayUse` */
  mayKeep(principal: Principal, place: AppPlace): Promise<WorkspaceDetails>;
}

const isSharedWith = (principal: Principal, workspace: WorkspaceDetails, { share }: PortRecord): boolean =>
  share === "authenticated" ||
  share === "public" ||
  (share === "organization" && principal.org !== "" && principal.org === workspace.organization);

export const createPortPolicy = (deps: PortPolicyDeps): PortPolicy => {
  const { shares } = deps;

  const shareInForce: PortPolicy["shareInForce"] = (workspace, port) => {
    const record = shares.get(workspace.name, port);
    const inForce = record?.owner === workspace.username && !deps.isLocked(record.owner);
    return inForce ? record : undefined;
  };

  const workspaceOf: PortPolicy["workspaceOf"] = async ({ workspace: name, port }) => {
    const workspace = await deps.findWorkspace(name);
    if (workspace) return workspace;
    // Nothing of a deleted workspace must be there for a later namesake.
    if (shares.get(name, port)) await shares.remove(name, port);
    throw new ApiError("not_found", `There is no workspace ${name.slice(0, 128)}.`);
  };

  /** What is asked of policy: the action with the port, and how the port is shared with callers that are not the owner. */
  const questionOf = (principal: Principal, workspace: WorkspaceDetails, port: number): Decision => {
    const record = shareInForce(workspace, port);
    const isOwner = principal.username === workspace.username;
    const shared = !isOwner && record && isSharedWith(principal, workspace, record);
    return {
      action: {
        package: "workspace",
        action: "workspace:connect",
        scope: "workspace:connect:portforward",
        context: { type: "portforward", port: String(port), ...(shared ? { share: record.share } : {}) },
      },
      resource: workspaceResource(workspace),
    };
  };

  return {
    workspaceOf,
    shareInForce,
    async mayUse(principal, place, requestId) {
      const workspace = await workspaceOf(place);
      const { action, resource } = questionOf(principal, workspace, place.port);
      await deps.authorize(principal, action, resource, requestId);
      return workspace;
    },
    async mayKeep(principal, place) {
      const workspace = await workspaceOf(place);
      await deps.stillAllowed(principal, [questionOf(principal, workspace, place.port)]);
      return workspace;
    },
  };
};
