import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AcquireSessionFailureReason } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import { LRUCache } from "lru-cache";
import type { WorkspaceClient } from "../backends/backends.ts";
import { type ShellCall, startShell } from "./shell-call.ts";

/** Size of a terminal in characters. */
export interface TerminalSize {
  readonly cols: number;
  readonly rows: number;
}

export interface OpenShellRequest {
  readonly daemon: WorkspaceClient;
  /** Which workspace, for what is remembered about it. */
  readonly workspace: string;
  readonly size: TerminalSize;
}

export interface OpenedShell {
  readonly shellId: string;
  readonly call: ShellCall;
  /** Did it exist before? Its last output is replayed then. */
  readonly reattached: boolean;
  /** Does it outlive the connection? */
  readonly detachable: boolean;
}

/** The shell of this terminal has another connection that does not let go. */
export class ShellBusyError extends Error {
  override readonly name = "ShellBusyError";
}

/** How long it is remembered that a workspace does not permit detaching. */
const noDetachMs = 10 * 60_000;
/** How long another connection may take to let go, milliseconds: it may be closing just now. */
const busyMs = 6_000;
const retryMs = 100;

const environment = ["TERM=xterm-256color", "COLORTERM=truecolor"];

const hasCode = (error: unknown, ...codes: Code[]): error is RpcError =>
  error instanceof RpcError && codes.includes(error.code);

/** Starts shells and attaches to them (grpc-behaviour sections 4 and 10). */
export interface ShellOpener {
  /**
   * Attaches to a detached shell; undefined when there is none.
   * @throws ShellBusyError when somebody has it and does not let go, RpcError
   */
  attach(request: OpenShellRequest, shellId: string): Promise<OpenedShell | undefined>;
  /**
   * Starts a new shell. Where the workspace does not permit detaching it lives as long as it is attached.
   * @throws RpcError
   */
  begin(request: OpenShellRequest): Promise<OpenedShell>;
}

export const createShellOpener = (): ShellOpener => {
  const noDetach = new LRUCache<string, true>({ max: 10_000, ttl: noDetachMs });

  /** A lock on a detached shell; undefined when there is none to attach to. */
  const acquire = async (request: OpenShellRequest, shellId: string): Promise<string | undefined> => {
    const { daemon, workspace } = request;
    const deadline = Date.now() + busyMs;
    for (;;) {
      let answer: Awaited<ReturnType<typeof daemon.ssh.acquireSession>>;
      try {
        answer = await daemon.ssh.acquireSession({ sessionId: shellId });
      } catch (error) {
        if (hasCode(error, Code.PermissionDenied)) noDetach.set(workspace, true);
        if (hasCode(error, Code.PermissionDenied, Code.Unimplemented, Code.NotFound)) return undefined;
        throw error;
      }
      if (answer.success) return answer.lockId;
      if (answer.failureReason !== AcquireSessionFailureReason.ALREADY_ACQUIRED) return undefined;
      if (Date.now() >= deadline) throw new ShellBusyError("the shell is attached elsewhere");
      await sleep(retryMs);
    }
  };

  const attach = async (request: OpenShellRequest, shellId: string): Promise<OpenedShell | undefined> => {
    const lockId = await acquire(request, shellId);
    if (lockId === undefined) return undefined;
    try {
      const start = { usePty: true, lockId, detachOnClose: true };
      const call = await startShell(request.daemon, shellId, start);
      return { shellId, call, reattached: true, detachable: true };
    } catch (error) {
      // The shell ended, or the lock ran out, in between.
      if (hasCode(error, Code.NotFound, Code.DeadlineExceeded)) return undefined;
      throw error;
    }
  };

  const begin = async (request: OpenShellRequest): Promise<OpenedShell> => {
    const { daemon, workspace, size } = request;
    const start = async (detachOnClose: boolean): Promise<OpenedShell> => {
      const shellId = `ws-${randomBytes(12).toString("hex")}`;
      const call = await startShell(daemon, shellId, {
        usePty: true,
        width: size.cols,
        height: size.rows,
        setEnvVars: environment,
        detachOnClose,
        showInitScriptStatus: true,
      });
      return { shellId, call, reattached: false, detachable: detachOnClose };
    };
    if (noDetach.has(workspace)) return start(false);
    try {
      return await start(true);
    } catch (error) {
      if (!hasCode(error, Code.PermissionDenied)) throw error;
      const opened = await start(false);
      // Only now it is known that detaching was what was denied.
      noDetach.set(workspace, true);
      return opened;
    }
  };

  return { attach, begin };
};
