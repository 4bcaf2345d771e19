import type { ActionPermission } from "@k8shell/contract";
import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { ResourceRef } from "../http/handler.ts";
import { workspaceResource } from "../http/target.ts";

/**
 * The decision about a session (grpc-behaviour section 8). There is no token scope of its own for it: the scope of the
 * connection it belongs to covers it.
 */
export const sessionStart = (
  type: "shell" | "sftp" | "exec",
  connect: ActionPermission,
): ActionPermission => ({
  kind: "action",
  package: "session",
  action: "session:start",
  scope: connect.scope,
  target: "workspace",
  context: { session_type: type, session_source: "api-server" },
});

/** The workspace that a session is about. */
export const sessionResource = (workspace: WorkspaceDetails): ResourceRef => {
  const resource = workspaceResource(workspace);
  const { blueprint } = workspace;
  return blueprint === "" ? resource : { ...resource, attributes: { ...resource.attributes, blueprint } };
};
