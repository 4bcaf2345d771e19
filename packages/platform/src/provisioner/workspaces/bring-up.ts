import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Blueprint } from "@k8shell/contract";
import { Code, RpcError } from "@k8shell/rpc";
import type { ProvisionerDeps } from "../deps.ts";
import type { Job } from "../jobs/job.ts";
import { CloneError, cloneRepository, type GitCredential } from "../repo/clone.ts";
import { readRepositoryBlueprint, repositoryFileName } from "../repo/repository-blueprint.ts";
import { writeConfigFiles } from "../sandbox/config-files.ts";
import { preparePlace } from "../sandbox/place.ts";
import type { RunningSandbox, SandboxSpec } from "../sandbox/types.ts";
import { waitForDaemon } from "./daemon-client.ts";
import { daemonConfig } from "./daemon-config.ts";
import type { Plan } from "./plan.ts";
import type { WorkspaceRecord } from "./record.ts";
import { bareSpec, makeMountPoints, sandboxSpec } from "./sandbox-spec.ts";
import { fillNewHome } from "./skeleton.ts";

/** A workspace that is up. */
export interface BroughtUp {
  readonly running: RunningSandbox;
  readonly spec: SandboxSpec;
  readonly blueprint: Blueprint;
  readonly version: string;
}

export interface BringUpOptions {
  readonly plan: Plan;
  readonly record: WorkspaceRecord;
  readonly accessToken: string;
  readonly job: Job;
  readonly signal: AbortSignal;
  /** Tells of a change of the workspace's status on the way. */
  readonly onStatus: (status: "Starting" | "Pulling", message: string) => Promise<void>;
  /** Told of the daemon's processes as soon as there are any, so that they can be found again. */
  readonly onStarted: (running: RunningSandbox) => Promise<void>;
}

const findCredential = async (
  { identity }: ProvisionerDeps,
  username: string,
  scopes: readonly string[],
): Promise<GitCredential | undefined> => {
  for (const serviceScope of scopes) {
    try {
      const found = await identity.getUserCredential({ username, serviceName: "git", serviceScope });
      return { username: found.subject, secret: found.secret };
    } catch (error) {
      const none =
        error instanceof RpcError && (error.code === Code.NotFound || error.code === Code.Unimplemented);
      if (!none) throw error;
    }
  }
  return undefined;
};

const idsInside = (deps: ProvisionerDeps, spec: SandboxSpec): { uid: number; gid: number } =>
  deps.machineIds && spec.hostUid !== undefined
    ? { uid: spec.hostUid, gid: spec.hostUid }
    : { uid: spec.user.uid, gid: spec.user.gid };

/** Clones the repository and reads its blueprint. */
const pull = async (
  deps: ProvisionerDeps,
  options: BringUpOptions,
  spec: SandboxSpec,
): Promise<Blueprint> => {
  const { plan, job, signal, onStatus } = options;
  const { repository, target } = plan;
  if (!repository) throw new RpcError(Code.Internal, "the plan has no blueprint");
  const object = `Repository/${target.parsed.repoOwner}/${target.parsed.repoName}`;
  await onStatus("Pulling", "cloning the repository");
  job.progress(50);
  const credential = await findCredential(deps, plan.user.username, repository.scopes);
  job.event(
    object,
    credential ? `using the git credential of ${credential.username}` : "no git credential is set",
  );
  try {
    await cloneRepository({
      sandbox: deps.sandbox,
      spec,
      address: repository,
      ref: target.parsed.ref,
      credential,
      signal,
      onStep: (message) => job.event(object, message),
    });
  } catch (error) {
    if (!(error instanceof CloneError)) throw error;
    throw new CloneError(`cannot clone ${repository.url}: ${error.message}`);
  }
  const file = await readRepositoryBlueprint({
    sandbox: deps.sandbox,
    spec,
    directory: repository.directory,
    signal,
  });
  job.event(
    object,
    file ? `using ${repositoryFileName}` : `no ${repositoryFileName}: using the default blueprint`,
  );
  await onStatus("Starting", "starting the workspace");
  return plan.composeRepository(file);
};

/**
 * Makes a workspace from its plan and starts it: directories, repository, configuration, sandbox, daemon.
 * Nothing is left running when it fails; what is on disk stays for the next attempt.
 */
export const bringUp = async (deps: ProvisionerDeps, options: BringUpOptions): Promise<BroughtUp> => {
  const { plan, record, accessToken, job, signal, onStarted } = options;
  const bare = bareSpec(record, deps.directoryOf(record));
  const ids = idsInside(deps, bare);
  job.progress(20);
  const { newHome } = await preparePlace(bare.place, bare.hostUid, []);
  if (newHome) {
    await fillNewHome(bare.place.home, bare.hostUid);
    job.event(`Home/${record.name}`, "home directory made");
  }
  job.progress(40);
  let blueprint = plan.blueprint;
  if (!blueprint) {
    await writeConfigFiles(bare, { ids, secrets: {} });
    blueprint = await pull(deps, options, bare);
  }
  signal.throwIfAborted();
  const spec = sandboxSpec({ bare, sandbox: deps.sandbox, blueprint });
  const inside = deps.sandbox.inside(spec);
  await preparePlace(spec.place, spec.hostUid, Object.keys(blueprint.storages));
  await makeMountPoints(spec, inside);
  const { repoOwner, repoName } = plan.target.parsed;
  const config = daemonConfig({
    spec,
    inside,
    blueprint,
    userEnv: plan.userEnv,
    apiUrl: deps.apiUrl(),
    accessToken,
    repository: plan.repository ? `${repoOwner}/${repoName}` : undefined,
  });
  await writeConfigFiles(spec, {
    ids,
    secrets: {
      "workspaced.json": JSON.stringify(config),
      token: randomBytes(32).toString("base64url"),
      pat: accessToken,
    },
  });
  job.progress(60);
  signal.throwIfAborted();
  const object = `Sandbox/${record.name}`;
  const running = await deps.sandbox.start(spec, (note) => job.event(object, note));
  try {
    await onStarted(running);
    job.event(object, `${running.runtime.mode === "bubblewrap" ? "sandbox" : "process"} started`);
    job.progress(75);
    const { version } = await waitForDaemon({
      socket: spec.place.socket,
      tokenFile: join(spec.place.config, "token"),
      running,
      signal,
    });
    return { running, spec, blueprint, version };
  } catch (error) {
    await running.stop(0);
    await rm(join(spec.place.config, "workspaced.json"), { force: true });
    throw error;
  }
};
