import { Code, RpcError } from "@k8shell/rpc";
import type { ProvisionerDeps } from "../deps.ts";
import { removePlace, workspacePlace } from "../sandbox/place.ts";
import { dropWorkspaceToken } from "./access-token.ts";
import type { WorkspaceManager } from "./manager.ts";

/** Takes workspaces down. */
export interface WorkspaceEnder {
  /**
   * Stops or deletes a workspace.
   * @param delaySeconds 0 waits until it is done; up to 60 returns at once and begins later
   * @returns a sentence for the caller
   * @throws RpcError NotFound, InvalidArgument for a longer delay, Internal when processes do not end
   */
  end(kind: "stop" | "delete", name: string, delaySeconds: number): Promise<string>;
  /** Goes on with what an earlier server was asked for. */
  resume(name: string): void;
}

const maxDelaySeconds = 60;
/** Time the daemon gets to end its shells and apps, milliseconds. */
const graceMs = 5000;

const words = {
  stop: { doing: "Stopping", being: "stopped", done: "stopped" },
  delete: { doing: "Terminating", being: "deleted", done: "deleted" },
} as const;

export const createWorkspaceEnder = (deps: ProvisionerDeps, manager: WorkspaceManager): WorkspaceEnder => {
  const { store, log } = deps;

  const carryOut = async (kind: "stop" | "delete", name: string): Promise<void> => {
    const live = manager.lives.of(name);
    await manager.update(name, {
      status: words[kind].doing,
      message: `the workspace is being ${words[kind].being}`,
      pending: undefined,
    });
    if (live.work) {
      live.work.abort.abort(new RpcError(Code.Canceled, `the workspace was ${words[kind].being} meanwhile`));
      await live.work.done;
      await manager.update(name, { status: words[kind].doing });
    }
    const record = store.get(name);
    if (!record) return;
    const { running } = live;
    if (running) await running.stop(graceMs);
    live.running = undefined;
    await dropWorkspaceToken(deps, record.username, name);
    if (kind === "stop") {
      await manager.update(name, {
        status: "Stopped",
        message: "the workspace was stopped",
        runtime: undefined,
      });
      return;
    }
    await removePlace(workspacePlace(deps.directoryOf(record)));
    await store.remove(name);
  };

  const begin = (kind: "stop" | "delete", name: string): Promise<void> => {
    const live = manager.lives.of(name);
    clearTimeout(live.timer);
    live.timer = undefined;
    const before = live.ending;
    const done = (async () => {
      // A delete that comes while a stop is under way is its continuation.
      if (before) await before.done.catch(() => undefined);
      try {
        await carryOut(kind, name);
      } catch (error) {
        log.error({ err: error, workspace: name }, "cannot end a workspace");
        const message = "the workspace could not be ended: see the server's log";
        await manager.update(name, { status: "Error", message, lastFailMessage: message });
        throw new RpcError(Code.Internal, message, { cause: error });
      }
    })();
    const ending = { kind, done };
    live.ending = ending;
    const clear = () => {
      if (live.ending === ending) live.ending = undefined;
      if (store.get(name) === undefined) manager.lives.forget(name);
    };
    done.then(clear, clear);
    return done;
  };

  const later = (kind: "stop" | "delete", name: string, delayMs: number) => {
    const live = manager.lives.of(name);
    clearTimeout(live.timer);
    live.timer = setTimeout(() => {
      begin(kind, name).catch(() => undefined);
    }, delayMs);
  };

  return {
    async end(kind, name, delaySeconds) {
      if (delaySeconds > maxDelaySeconds) {
        throw new RpcError(Code.InvalidArgument, `a delay is at most ${maxDelaySeconds} seconds`);
      }
      const record = store.get(name);
      if (!record) throw new RpcError(Code.NotFound, `workspace ${name} does not exist`);
      const live = manager.lives.of(name);
      const { being } = words[kind];
      if (live.ending && (live.ending.kind === kind || live.ending.kind === "delete")) {
        return `workspace ${name} is already being ${words[live.ending.kind].being}`;
      }
      const idle = !live.work && !live.ending && !live.running;
      if (kind === "stop" && idle && record.status === "Stopped")
        return `workspace ${name} is already stopped`;
      if (delaySeconds > 0) {
        if (live.timer && record.pending?.kind === kind) return `workspace ${name} is already to be ${being}`;
        const at = new Date(Date.now() + delaySeconds * 1000).toISOString();
        await manager.update(name, { pending: { kind, at } });
        later(kind, name, delaySeconds * 1000);
        return `workspace ${name} will be ${being} in ${delaySeconds} seconds`;
      }
      await begin(kind, name);
      return `workspace ${name} was ${words[kind].done}`;
    },

    resume(name) {
      const record = store.get(name);
      if (!record) return;
      if (record.status === "Stopping") begin("stop", name).catch(() => undefined);
      else if (record.status === "Terminating") begin("delete", name).catch(() => undefined);
      else if (record.pending) {
        later(record.pending.kind, name, Math.max(0, Date.parse(record.pending.at) - Date.now()));
      }
    },
  };
};
