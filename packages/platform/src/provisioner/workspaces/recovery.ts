import { join } from "node:path";
import type { ProvisionerDeps } from "../deps.ts";
import { closeInterruptedJob } from "../jobs/job.ts";
import { runningUnderBubblewrap } from "../sandbox/bubblewrap.ts";
import { workspacePlace } from "../sandbox/place.ts";
import { runningPlainly } from "../sandbox/plain.ts";
import { bootId } from "../sandbox/processes.ts";
import type { RunningSandbox } from "../sandbox/types.ts";
import { deleteWorkspaceToken } from "./access-token.ts";
import { handshake } from "./daemon-client.ts";
import type { WorkspaceEnder } from "./ending.ts";
import type { WorkspaceManager } from "./manager.ts";
import type { WorkspaceRecord, WorkspaceStatus } from "./record.ts";

const firstTimeoutMs = 1500;
const retryMs = 5000;

/** The processes an earlier server started, as far as they are still of this boot. */
const adopt = (record: WorkspaceRecord): RunningSandbox | undefined => {
  const { runtime } = record;
  if (!runtime || runtime.bootId !== bootId()) return undefined;
  return runtime.mode === "bubblewrap" ? runningUnderBubblewrap(runtime) : runningPlainly(runtime, record);
};

/**
 * Finds the workspaces that an earlier server left and settles what it was in the middle of: a running daemon is
 * taken over, a job that was cut off is completed with its reason, a stop or delete goes on.
 */
export const recoverWorkspaces = async (
  deps: ProvisionerDeps,
  manager: WorkspaceManager,
  ender: WorkspaceEnder,
): Promise<void> => {
  const { store, identity, jobs, log } = deps;

  const closeJob = async (record: WorkspaceRecord, status: WorkspaceStatus, message: string) => {
    if (record.jobId === "") return;
    try {
      await closeInterruptedJob({
        bucket: jobs,
        id: record.jobId,
        workspaceName: record.name,
        status,
        message,
      });
    } catch (error) {
      log.error({ err: error, workspace: record.name }, "cannot complete the job of a workspace");
    }
  };

  const answers = async (record: WorkspaceRecord, timeoutMs: number): Promise<boolean> => {
    const place = workspacePlace(deps.directoryOf(record));
    try {
      await handshake(place.socket, join(place.config, "token"), timeoutMs);
      return true;
    } catch {
      return false;
    }
  };

  /** A daemon that is there but busy: shown as Warning until it answers. */
  const keepAsking = (record: WorkspaceRecord, running: RunningSandbox) => {
    const ask = async () => {
      const { running: current, ending, work } = manager.lives.of(record.name);
      if (current !== running || ending || work || !running.alive()) return;
      if (await answers(record, firstTimeoutMs)) {
        await manager.update(record.name, { status: "Running", message: "the workspace is running" });
        return;
      }
      setTimeout(() => void ask().catch(() => undefined), retryMs).unref();
    };
    setTimeout(() => void ask().catch(() => undefined), retryMs).unref();
  };

  const settle = async (record: WorkspaceRecord): Promise<void> => {
    const { name } = record;
    const running = adopt(record);
    const starting = record.status === "Starting" || record.status === "Pulling";
    if (running?.alive()) {
      manager.follow(name, running);
      if (record.status === "Stopping" || record.status === "Terminating") return;
      if (await answers(record, firstTimeoutMs)) {
        const message = "the workspace is running";
        await manager.update(name, { status: "Running", message });
        await closeJob(record, "Running", message);
        log.info({ workspace: name }, "found a running workspace again");
        return;
      }
      if (!starting) {
        await manager.update(name, { status: "Warning", message: "the workspace daemon does not answer" });
        await closeJob(record, "Warning", "the workspace daemon does not answer");
        keepAsking(record, running);
        return;
      }
      manager.lives.of(name).running = undefined;
    }
    // What the end of its first process left behind: groups, and processes where there is no pid namespace.
    await running?.stop(0);
    if (starting) {
      const message = "the server ended while the workspace was being started";
      await manager.update(name, { status: "Error", message, lastFailMessage: message, runtime: undefined });
      await closeJob(record, "Error", message);
    } else if (record.runtime) {
      const message = "the workspace ended while the server was not running";
      const status =
        record.status === "Stopping" || record.status === "Terminating" ? record.status : "Stopped";
      await manager.update(name, { status, message, lastFailMessage: message, runtime: undefined });
      await closeJob(record, "Error", message);
    } else {
      await closeJob(record, record.status === "Stopped" ? "Stopped" : "Error", record.message);
      return;
    }
    await deleteWorkspaceToken(identity, record.username, name);
  };

  await Promise.all(
    store.all().map(async (record) => {
      try {
        await settle(record);
      } catch (error) {
        log.error({ err: error, workspace: record.name }, "cannot recover a workspace");
      }
      ender.resume(record.name);
    }),
  );
};
