import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type WorkspaceDetails, WorkspaceDetailsSchema } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { WorkspaceRecord } from "./record.ts";

/** Port that the platform's daemons listen on; here it is only reported. */
const daemonPort = 2822;
/** Stands for the Kubernetes namespace of a workspace on one machine. */
export const localNamespace = "local";

/**
 * A workspace as the wire shows it (grpc-behaviour section 5 "Finding").
 * @param jobId the job to name; empty once its record is gone
 */
export const toDetails = (record: WorkspaceRecord, jobId: string): WorkspaceDetails => {
  const repository = record.repoName !== "";
  return create(WorkspaceDetailsSchema, {
    workspaceStatus: {
      created: timestampFromDate(new Date(record.created)),
      status: record.status,
      message: record.message,
      restarts: record.restarts,
      lastFailMessage: record.lastFailMessage,
    },
    appVersion: record.appVersion,
    name: record.name,
    username: record.username,
    organization: record.organization,
    repoOwner: record.repoOwner,
    repoName: record.repoName,
    repoRef: record.repoRef,
    blueprint: record.blueprint,
    serverName: `${record.name}.${localNamespace}`,
    podIp: record.status === "Running" ? "127.0.0.1" : "",
    port: daemonPort,
    tlsEnabled: false,
    cpu: record.cpu,
    memory: record.memory,
    hostname: [record.hostname, record.subdomain, localNamespace].filter((part) => part !== "").join("."),
    jobId,
    namespace: localNamespace,
    origin: repository ? `${record.repoOwner}/${record.repoName}` : record.blueprint,
    workspaceType: "standalone",
  });
};
