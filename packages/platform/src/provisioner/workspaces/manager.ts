import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Code, RpcError } from "@k8shell/rpc";
import type { ProvisionerDeps } from "../deps.ts";
import { beginJob, type Job } from "../jobs/job.ts";
import { CloneError } from "../repo/clone.ts";
import { giveAway, workspacePlace } from "../sandbox/place.ts";
import type { RunningSandbox } from "../sandbox/types.ts";
import { dropWorkspaceToken, mintWorkspaceToken } from "./access-token.ts";
import { bringUp } from "./bring-up.ts";
import { DaemonError } from "./daemon-client.ts";
import { createLives, type Lives } from "./live.ts";
import { type Plan, planWorkspace } from "./plan.ts";
import type { WorkspaceRecord, WorkspaceStatus } from "./record.ts";
import { hostnameOf } from "./sandbox-spec.ts";
import { parseTarget, type Target } from "./target.ts";

/** Work that was accepted: its job can be observed while it goes on by itself. */
export interface Accepted {
  readonly name: string;
  readonly job: Job;
}

export interface WorkspaceManager {
  readonly lives: Lives;
  /**
   * Makes a workspace, or starts a stopped one anew from its blueprint.
   * @param timeoutMs how long it may take
   * @throws RpcError for every reason not to begin (grpc-behaviour section 5)
   */
  provision(target: Target, timeoutMs: number, signal: AbortSignal): Promise<Accepted>;
  /** Starts a stopped workspace as it was last provisioned, continuing its job. Same errors. */
  start(name: string, timeoutMs: number, signal: AbortSignal): Promise<Accepted>;
  /** Changes a workspace's record; undefined when there is none any more. */
  update(name: string, change: Partial<WorkspaceRecord>): Promise<WorkspaceRecord | undefined>;
  /** Follows a running workspace, so that its end is noticed. */
  follow(name: string, running: RunningSandbox): void;
  /** Cuts work in progress short and refuses more. Running workspaces stay. */
  close(): Promise<void>;
}

const runningStates: readonly WorkspaceStatus[] = ["Starting", "Pulling", "Running", "Warning", "Failing"];

/** What an owner may read about a failure. */
const reasonOf = (error: unknown, timeoutMs: number): string => {
  if (error instanceof RpcError || error instanceof CloneError || error instanceof DaemonError)
    return error.message;
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return `not ready within ${Math.round(timeoutMs / 1000)} seconds`;
  }
  return "internal error";
};

const isKnown = (error: unknown): boolean =>
  error instanceof RpcError || error instanceof CloneError || error instanceof DaemonError;

/** Brings workspaces up and notices when they end. */
export const createWorkspaceManager = (deps: ProvisionerDeps): WorkspaceManager => {
  const { store, jobs, identity, log } = deps;
  const lives = createLives();
  let closed = false;

  const update: WorkspaceManager["update"] = async (name, change) => {
    const record = store.get(name);
    if (!record) return undefined;
    const changed = { ...record, ...change };
    await store.save(changed);
    return changed;
  };

  const onEnd = async (name: string, running: RunningSandbox, code: number | undefined) => {
    const live = lives.of(name);
    // Whoever stops it, or this server's own end, is not a crash.
    if (closed || live.running !== running || live.ending || live.work) return;
    live.running = undefined;
    await running.stop(0);
    const clean = code === 0;
    const message = clean
      ? "the workspace ended by itself"
      : `the workspace daemon ended unexpectedly${code === undefined ? "" : ` with code ${code}`}`;
    log.warn({ workspace: name, code }, "a workspace ended by itself");
    const record = await update(name, {
      status: clean ? "Stopped" : "Error",
      message,
      lastFailMessage: clean ? (store.get(name)?.lastFailMessage ?? "") : message,
      runtime: undefined,
    });
    if (record) await dropWorkspaceToken(deps, record.username, name);
  };

  const follow: WorkspaceManager["follow"] = (name, running) => {
    lives.of(name).running = running;
    void running.exited
      .then(({ code }) => onEnd(name, running, code))
      .catch((error: unknown) =>
        log.error({ err: error, workspace: name }, "cannot clean up after a workspace"),
      );
  };

  /**
   * Takes the turn to bring a workspace up: waits for one that is ending, refuses one that is up.
   * @returns the work, to be given back with `release`
   */
  const takeTurn = async (name: string, timeoutMs: number, signal: AbortSignal) => {
    const until = Date.now() + timeoutMs;
    for (;;) {
      signal.throwIfAborted();
      if (closed) throw new RpcError(Code.Unavailable, "the server is stopping");
      const live = lives.of(name);
      const { ending } = live;
      const record = store.get(name);
      if (live.work || (record && !ending && runningStates.includes(record.status))) {
        const starting = live.work || record?.status === "Starting" || record?.status === "Pulling";
        const being = starting ? "being started" : "running";
        throw new RpcError(Code.AlreadyExists, `workspace ${name} is already ${being}`);
      }
      if (!ending) {
        // No await between the check and the taking: two callers cannot both pass.
        let finished = () => {};
        const done = new Promise<void>((resolve) => {
          finished = resolve;
        });
        const abort = new AbortController();
        live.work = { abort, done };
        clearTimeout(live.timer);
        live.timer = undefined;
        const release = () => {
          live.work = undefined;
          finished();
        };
        return { live, abort, release };
      }
      if (Date.now() >= until) {
        throw new RpcError(Code.DeadlineExceeded, `workspace ${name} is still terminating`);
      }
      await Promise.race([ending.done.catch(() => undefined), sleep(Math.min(250, until - Date.now()))]);
    }
  };

  const freshRecord = async (plan: Plan): Promise<WorkspaceRecord> => {
    const { target, user, blueprintName } = plan;
    return {
      name: target.name,
      userString: target.canonical,
      username: user.username,
      organization: user.organization,
      blueprint: blueprintName,
      repoOwner: target.parsed.repoOwner,
      repoName: target.parsed.repoName,
      repoRef: target.parsed.ref,
      created: new Date().toISOString(),
      status: "Starting",
      message: "",
      restarts: 0,
      lastFailMessage: "",
      jobId: "",
      appVersion: "",
      hostname: hostnameOf(target.name, plan.blueprint),
      subdomain: plan.blueprint?.subdomain ?? "",
      cpu: "",
      memory: "",
      instance: randomUUID(),
      location: deps.newLocation,
      hostUid: await deps.nextHostUid(),
      user: { uid: 0, gid: 0, fullname: "", shell: "" },
    };
  };

  /** A workspace made by a server that could not give it a user of its own gets one now, and its files with it. */
  const withMachineUser = async (record: WorkspaceRecord): Promise<WorkspaceRecord> => {
    if (record.hostUid !== undefined) return record;
    const hostUid = await deps.nextHostUid();
    if (hostUid !== undefined) await giveAway(workspacePlace(deps.directoryOf(record)), hostUid);
    return { ...record, hostUid };
  };

  /** Does the work of a job. Never throws: how it went is in the record, the workspace and the log. */
  const carryOut = async (
    plan: Plan,
    job: Job,
    options: { accessToken: string; abort: AbortController; timeoutMs: number },
  ): Promise<void> => {
    const { name } = plan.target;
    const { username } = plan.user;
    const say = async (status: WorkspaceStatus, message: string, change: Partial<WorkspaceRecord> = {}) => {
      job.status(status, message);
      await update(name, { status, message, ...change });
    };
    try {
      const record = store.get(name);
      if (!record) throw new Error("the workspace has no record");
      job.status("Starting", record.message);
      const up = await bringUp(deps, {
        plan,
        record,
        accessToken: options.accessToken,
        job,
        signal: AbortSignal.any([options.abort.signal, AbortSignal.timeout(options.timeoutMs)]),
        onStatus: say,
        onStarted: async (running) => {
          await update(name, { runtime: running.runtime });
        },
      });
      const { blueprint, spec, version } = up;
      follow(name, up.running);
      await say("Running", "the workspace is running", {
        runtime: up.running.runtime,
        composed: blueprint,
        hostname: spec.hostname,
        subdomain: blueprint.subdomain ?? "",
        cpu: blueprint.resources.cpu ?? "",
        memory: blueprint.resources.memory ?? "",
        appVersion: version.split("-")[0] ?? version,
      });
      job.progress(100);
      job.status("Running", "the workspace is running");
    } catch (error) {
      const reason = reasonOf(error, options.timeoutMs);
      if (!isKnown(error)) log.error({ err: error, workspace: name }, "cannot bring a workspace up");
      lives.of(name).running = undefined;
      await dropWorkspaceToken(deps, username, name);
      await say("Error", reason, { lastFailMessage: reason, runtime: undefined });
      job.status("Error", reason);
      job.progress(100);
    }
  };

  /** Takes the workspace's turn and begins the work; what fails up to here is the caller's to report. */
  const accept = async (
    plan: Plan,
    options: { timeoutMs: number; signal: AbortSignal; continueJob: boolean },
  ): Promise<Accepted> => {
    const { name } = plan.target;
    const { live, abort, release } = await takeTurn(name, options.timeoutMs, options.signal);
    try {
      const accessToken = await mintWorkspaceToken(identity, plan.user.username, name);
      const before = store.get(name);
      const record = before ? await withMachineUser(before) : await freshRecord(plan);
      const jobId = options.continueJob && record.jobId !== "" ? record.jobId : randomUUID();
      const job = await beginJob({
        bucket: jobs,
        id: jobId,
        workspaceName: name,
        username: plan.user.username,
        log,
        append: options.continueJob,
      });
      const { uid, gid, fullname, shell } = plan.user;
      await store.save({
        ...record,
        jobId,
        organization: plan.user.organization,
        // Root's numbers are the system's; a workspace is never root, not even by name.
        user: { uid: uid === 0 ? 1000 : uid, gid: gid === 0 ? 1000 : gid, fullname, shell },
        status: "Starting",
        message: "starting the workspace",
        restarts: record.restarts + (before?.status === "Error" && before.composed ? 1 : 0),
        pending: undefined,
      });
      void carryOut(plan, job, { accessToken, abort, timeoutMs: options.timeoutMs })
        .catch((error: unknown) => log.error({ err: error, workspace: name }, "a job went wrong"))
        .then(() => job.finish())
        .finally(() => {
          release();
          // The process may have ended while its start was still being recorded.
          const { running } = live;
          if (running && !running.alive()) void onEnd(name, running, undefined).catch(() => undefined);
        });
      return { name, job };
    } catch (error) {
      release();
      throw error;
    }
  };

  return {
    lives,
    update,
    follow,

    async provision(target, timeoutMs, signal) {
      const plan = await planWorkspace(deps, target);
      return accept(plan, { timeoutMs, signal, continueJob: false });
    },

    async start(name, timeoutMs, signal) {
      const record = store.get(name);
      if (!record) throw new RpcError(Code.NotFound, `workspace ${name} does not exist`);
      // As it was: the blueprint of its last success, not today's.
      const plan = await planWorkspace(deps, parseTarget(record.userString), record.composed);
      return accept(plan, { timeoutMs, signal, continueJob: true });
    },

    async close() {
      closed = true;
      const ongoing = lives.all().map(([, live]) => live);
      for (const { timer, work } of ongoing) {
        clearTimeout(timer);
        work?.abort.abort(new RpcError(Code.Unavailable, "the server is stopping"));
      }
      // What is being stopped or deleted is finished: half of it would have to be done again.
      await Promise.all(
        ongoing.flatMap(({ work, ending }) => [work?.done, ending?.done.catch(() => undefined)]),
      );
    },
  };
};
