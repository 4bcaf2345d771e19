import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { BlueprintSummarySchema } from "@k8shell/contract/gen/common/v1/common_pb.js";
import {
  ProvisionerService,
  type ProvisionWorkspaceResponseSchema,
} from "@k8shell/contract/gen/provisioner/v1/provisioner_pb.js";
import { Code, RpcError, register, type ServiceRegistration } from "@k8shell/rpc";
import type { ProvisionerDeps } from "./deps.ts";
import type { JobEvent } from "./jobs/record.ts";
import { toDetails } from "./workspaces/details.ts";
import type { WorkspaceEnder } from "./workspaces/ending.ts";
import type { Accepted, WorkspaceManager } from "./workspaces/manager.ts";
import { createWorkspaceQueries } from "./workspaces/query.ts";
import { parseTarget, type Target } from "./workspaces/target.ts";

type StreamMessage = MessageInitShape<typeof ProvisionWorkspaceResponseSchema>;

const defaultTimeoutSeconds = 20;
/** A clone goes over the network. */
const repositoryTimeoutSeconds = 120;
/** The presence of a job's record is looked up again when older than this, milliseconds. */
const jobCheckMs = 10_000;

/** How failures before the work are spelled in the handshake (grpc-behaviour section 5). */
const inBand = (error: unknown): string => {
  const { status, message } = RpcError.from(error);
  return `rpc error: code = ${status} desc = ${message}`;
};

const handshake = (workspace: string, jobid: string, error = ""): StreamMessage => ({
  data: { case: "handshake", value: { workspace, jobid, error } },
});

const eventMessage = ({ type, timestamp, objectName, status, message }: JobEvent): StreamMessage => ({
  data: { case: "event", value: { type, timestamp, objectName, status, message } },
});

/** What was accepted, then its events; a caller that leaves abandons the observation, not the work. */
async function* observe(
  { name, job }: Accepted,
  { sendProgress, sendEvents }: { sendProgress: boolean; sendEvents: boolean },
): AsyncIterable<StreamMessage> {
  const events = job.observe();
  yield handshake(name, job.id);
  for await (const event of events) {
    const wanted = event.type === "status" || (event.type === "progress" ? sendProgress : sendEvents);
    if (wanted) yield eventMessage(event);
  }
}

const noCluster = () =>
  new RpcError(Code.FailedPrecondition, "this provisioner runs workspaces on one machine: it has no cluster");

const injectKinds = new Set(["deployment", "statefulset", "daemonset"]);

/** The rpcs of provisioner.v1 (grpc-behaviour section 5). */
export const createProvisionerService = (
  deps: ProvisionerDeps,
  manager: WorkspaceManager,
  ender: WorkspaceEnder,
): ServiceRegistration => {
  const { store, catalog, jobs, identity, log } = deps;
  const queries = createWorkspaceQueries(identity);
  const jobChecks = new Map<string, number>();

  /** Looks in the background whether a job's record is still there: reads are answered from memory. */
  const checkJob = (name: string) => {
    const record = store.get(name);
    const now = Date.now();
    if (!record || record.jobId === "" || now - (jobChecks.get(name) ?? 0) < jobCheckMs) return;
    jobChecks.set(name, now);
    jobs
      .get(record.jobId)
      .then((entry) => store.setJobPresent(name, entry !== undefined))
      .catch((error: unknown) => log.debug({ err: error }, "cannot look up a job"));
  };

  const report = (error: unknown) => {
    if (!(error instanceof RpcError)) log.error({ err: error }, "a request failed before its work began");
  };

  return register(ProvisionerService, {
    findWorkspace({ workspace }) {
      const details = store.details(workspace);
      if (!details) {
        jobChecks.delete(workspace);
        throw new RpcError(Code.NotFound, `workspace ${workspace} does not exist`);
      }
      checkJob(workspace);
      return details;
    },

    getWorkspaces({ workspace, usernames, organization, blueprint, repoName, repoOwner, repoRef }) {
      if (repoName !== "" || repoOwner !== "" || repoRef !== "") {
        throw new RpcError(
          Code.Unimplemented,
          "filters on repositories are not supported: use QueryWorkspaces",
        );
      }
      const owners = new Set(usernames);
      const matches = store
        .allDetails()
        .filter(
          (details) =>
            (workspace === "" || details.name === workspace) &&
            (owners.size === 0 || owners.has(details.username)) &&
            (organization === "" || details.organization === organization) &&
            (blueprint === "" || details.blueprint === blueprint),
        );
      return { workspaces: matches.sort((a, b) => (a.name < b.name ? -1 : 1)) };
    },

    getWorkspacesByUserStr({ userstr }) {
      const { parsed, name } = parseTarget(userstr);
      const records = store
        .all()
        .filter(
          (record) =>
            record.username === parsed.username && (parsed.form === "implicit" || record.name === name),
        );
      const workspaces = records.map((record) => toDetails(record, record.jobId));
      return { workspaces: workspaces.sort((a, b) => (a.name < b.name ? -1 : 1)) };
    },

    getWorkspacesQuerySchema: () => queries.descriptor,

    async queryWorkspaces({ query }) {
      return { workspaces: await queries.query(store.allDetails(), query) };
    },

    getBlueprints: () => ({
      blueprints: catalog
        .list()
        .map(({ source: { name, description = "", isTemplate = false } }) =>
          create(BlueprintSummarySchema, { name, description, isTemplate }),
        ),
    }),

    async *provisionWorkspaceStream(request, { signal }) {
      let target: Target | undefined;
      let accepted: Accepted;
      try {
        target = parseTarget(request.userstr);
        const fallback = target.parsed.form === "repo" ? repositoryTimeoutSeconds : defaultTimeoutSeconds;
        const seconds = request.timeout > 0 ? request.timeout : fallback;
        accepted = await manager.provision(target, seconds * 1000, signal);
      } catch (error) {
        report(error);
        yield handshake(target ? target.name : "n/a", "", inBand(error));
        return;
      }
      yield* observe(accepted, request);
    },

    async *startWorkspaceStream(request, { signal }) {
      let accepted: Accepted;
      try {
        const seconds = request.timeout > 0 ? request.timeout : defaultTimeoutSeconds;
        accepted = await manager.start(request.workspace, seconds * 1000, signal);
      } catch (error) {
        report(error);
        yield handshake(request.workspace, "", inBand(error));
        return;
      }
      yield* observe(accepted, request);
    },

    async stopWorkspace({ workspace, delaySeconds }) {
      return { message: await ender.end("stop", workspace, delaySeconds) };
    },

    async deleteWorkspace({ workspace, delaySeconds }) {
      return { message: await ender.end("delete", workspace, delaySeconds) };
    },

    deleteUserWorkspaces({ username }) {
      const names = store
        .all()
        .filter((record) => record.username === username)
        .map(({ name }) => name)
        .sort();
      for (const name of names) {
        ender
          .end("delete", name, 0)
          .catch((error: unknown) => log.error({ err: error, workspace: name }, "cannot delete a workspace"));
      }
      return {
        message:
          names.length === 0 ? "the user has no workspaces" : `${names.length} workspaces are being deleted`,
        workspaces: names,
      };
    },

    ejectWorkspace() {
      throw noCluster();
    },

    listInjectNamespaces: () => ({ namespaces: [], clusterWide: false }),

    listInjectWorkloads({ kinds }) {
      const unknown = kinds.find((kind) => !injectKinds.has(kind.toLowerCase()));
      if (unknown !== undefined) {
        throw new RpcError(Code.InvalidArgument, "kinds are deployment, statefulset and daemonset");
      }
      throw noCluster();
    },
  });
};
