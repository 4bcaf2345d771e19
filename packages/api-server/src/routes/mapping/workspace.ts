import { type WorkspaceDetailsJson, workspaceStatusWords } from "@k8shell/contract";
import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { lastingBody } from "../../http/json-text.ts";
import { timeOrNull } from "./values.ts";

const statusWord = (text: string): WorkspaceDetailsJson["status"] =>
  workspaceStatusWords.find((word) => word === text) ?? "Unknown";

/**
 * A workspace as REST clients see it: flat, empty optional fields left out, which `undefined` does in JSON
 * (rest-contract 2.1). The busiest object of the API, hence no spreads.
 */
export const workspaceJson = (workspace: WorkspaceDetails): WorkspaceDetailsJson => ({
  created: timeOrNull(workspace.workspaceStatus?.created),
  status: statusWord(workspace.workspaceStatus?.status ?? ""),
  message: workspace.workspaceStatus?.message ?? "",
  restarts: workspace.workspaceStatus?.restarts ?? 0,
  lastFailMessage: workspace.workspaceStatus?.lastFailMessage || undefined,
  appVersion: workspace.appVersion,
  name: workspace.name,
  username: workspace.username,
  repoOwner: workspace.repoOwner || undefined,
  repoName: workspace.repoName || undefined,
  repoRef: workspace.repoRef || undefined,
  blueprint: workspace.blueprint,
  origin: workspace.origin,
  organization: workspace.organization,
  cpu: workspace.cpu,
  memory: workspace.memory,
  // A provisioner on another machine may verify that machine's name in place of the workspace's.
  serverName: workspace.serverName || `${workspace.name}.${workspace.namespace}`,
  podIP: workspace.podIp,
  port: workspace.port,
  tlsEnabled: workspace.tlsEnabled,
  namespace: workspace.namespace,
  hostname: workspace.hostname || undefined,
  jobId: workspace.jobId || undefined,
  workspaceType: workspace.workspaceType === "" ? "standalone" : workspace.workspaceType,
  workloadKind: workspace.workloadKind || undefined,
  workloadName: workspace.workloadName || undefined,
  replicaIndex: workspace.replicaIndex,
  replicaCount: workspace.replicaCount,
});

const known = new WeakMap<WorkspaceDetails, WorkspaceDetailsJson>();

/**
 * The same for one workspace, which clients ask for again and again. The Provisioner of this process gives the same message,
 * which nobody may change, until the workspace has changed.
 */
export const oneWorkspaceJson = (workspace: WorkspaceDetails): WorkspaceDetailsJson => {
  const before = known.get(workspace);
  if (before) return before;
  const made = lastingBody(workspaceJson(workspace));
  known.set(workspace, made);
  return made;
};
