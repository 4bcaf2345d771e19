import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AcquireSessionFailureReason } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import { LRUCache } from "lru-cache";
import type { WorkspaceClient } from "../backends/backends.ts";
import { createKeyedLock } from "./keyed-lock.ts";
import { type ShellCall, startShell } from "./shell-call.ts";
import type { TerminalRecords } from "./terminal-records.ts";

/** Size of a terminal in characters. */
export interface TerminalSize {
  readonly cols: number;
  readonly rows: number;
}

export interface OpenShellRequest {
  readonly daemon: WorkspaceClient;
  /** Which workspace, for what is remembered about it. */
  readonly workspace: string;
  /** Key of the terminal's record. */
  readonly key: string;
  readonly size: TerminalSize;
  /** Session record to note for the connection. */
  readonly sessionId: (unfinished: string | undefined) => Promise<string>;
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

export interface ShellOpenerOptions {
  readonly records: TerminalRecords;
  /** Asks a connection of this server to leave a shell; resolves when it has, at once when there is none. */
  readonly takeOver: (shellId: string) => Promise<void>;
}

/** How long it is remembered that a workspace does not permit detaching. */
const noDetachMs = 10 * 60_000;
/** How long another connection may take to let go, milliseconds: it may be closing just now. */
const busyMs = 6_000;
const retryMs = 150;

const environment = ["TERM=xterm-256color", "COLORTERM=truecolor"];

const hasCode = (error: unknown, ...codes: Code[]): error is RpcError =>
  error instanceof RpcError && codes.includes(error.code);

/**
 * Finds or makes the shell of a terminal (grpc-behaviour sections 4 and 10): the one on record is acquired and
 * attached to, a missing one is replaced by a new one. Where the workspace does not permit detaching, a new shell
 * lives as long as its connection.
 */
export const createShellOpener = ({ records, takeOver }: ShellOpenerOptions) => {
  const noDetach = new LRUCache<string, true>({ max: 10_000, ttl: noDetachMs });
  const lock = createKeyedLock();

  /** A lock on a detached shell; undefined when there is none to attach to. */
  const acquire = async (request: OpenShellRequest, shellId: string): Promise<string | undefined> => {
    const { daemon, workspace } = request;
    const deadline = Date.now() + busyMs;
    for (;;) {
      await takeOver(shellId);
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

  const attach = async (request: OpenShellRequest, shellId: string): Promise<ShellCall | undefined> => {
    const lockId = await acquire(request, shellId);
    if (lockId === undefined) return undefined;
    try {
      return await startShell(request.daemon, shellId, { usePty: true, lockId, detachOnClose: true });
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

  /**
   * Opens the shell of a terminal.
   * @throws ShellBusyError, RpcError
   */
  return (request: OpenShellRequest): Promise<OpenedShell> =>
    lock(request.key, async () => {
      const known = await records.get(request.key);
      const call = known && (await attach(request, known.shellId));
      const opened: OpenedShell =
        known && call
          ? { shellId: known.shellId, call, reattached: true, detachable: true }
          : await begin(request);
      try {
        // After the take-over: a connection that left in order has closed its session record.
        const current = known && (await records.get(request.key));
        const sessionId = await request.sessionId(opened.reattached ? current?.sessionId : undefined);
        if (opened.detachable) await records.put(request.key, { shellId: opened.shellId, sessionId });
        else if (known) await records.delete(request.key);
      } catch (error) {
        opened.call.detach();
        throw error;
      }
      return opened;
    });
};

export type OpenShell = ReturnType<typeof createShellOpener>;
