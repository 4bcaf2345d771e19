import { type WorkspaceDetailsJson, workspaceStatusWords } from "@k8shell/contract";
import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { timeOrNull, unlessEmpty } from "./values.ts";

const statusWord = (text: string): WorkspaceDetailsJson["status"] =>
  workspaceStatusWords.find((word) => word === text) ?? "Unknown";

/** A workspace as REST clients see it: flat, empty optional fields left out (rest-contract 2.1). */
export const workspaceJson = (workspace: WorkspaceDetails): WorkspaceDetailsJson => ({
  created: timeOrNull(workspace.workspaceStatus?.created),
  status: statusWord(workspace.workspaceStatus?.status ?? ""),
  message: workspace.workspaceStatus?.message ?? "",
  restarts: workspace.workspaceStatus?.restarts ?? 0,
  ...unlessEmpty("lastFailMessage", workspace.workspaceStatus?.lastFailMessage ?? ""),
  appVersion: workspace.appVersion,
  name: workspace.name,
  username: workspace.username,
  ...unlessEmpty("repoOwner", workspace.repoOwner),
  ...unlessEmpty("repoName", workspace.repoName),
  ...unlessEmpty("repoRef", workspace.repoRef),
  blueprint: workspace.blueprint,
  origin: workspace.origin,
  organization: workspace.organization,
  cpu: workspace.cpu,
  memory: workspace.memory,
  serverName: workspace.serverName,
  podIP: workspace.podIp,
  port: workspace.port,
  tlsEnabled: workspace.tlsEnabled,
  namespace: workspace.namespace,
  ...unlessEmpty("hostname", workspace.hostname),
  ...unlessEmpty("jobId", workspace.jobId),
  workspaceType: workspace.workspaceType === "" ? "standalone" : workspace.workspaceType,
  ...unlessEmpty("workloadKind", workspace.workloadKind),
  ...unlessEmpty("workloadName", workspace.workloadName),
  ...(workspace.replicaIndex === undefined ? {} : { replicaIndex: workspace.replicaIndex }),
  ...(workspace.replicaCount === undefined ? {} : { replicaCount: workspace.replicaCount }),
});
