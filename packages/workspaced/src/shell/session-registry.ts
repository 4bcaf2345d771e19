import { randomBytes } from "node:crypto";
import { Code, RpcError } from "@k8shell/rpc";
import type { ShellSession } from "./shell-session.ts";

/** A lock may be used once, within this many milliseconds (grpc-behaviour section 4). */
export const lockLifetimeMs = 30_000;
/** How long a lock that ran out is remembered, so that its holder hears "expired" and not "unknown". */
const expiredLockMemoryMs = 10 * 60_000;

/** Why a session cannot be acquired: no such session; a client or a lock has it; it has no terminal. */
export type AcquireFailure = "not-found" | "already-acquired" | "no-terminal";

/** The live shells of a workspace, and the locks on detached ones. */
export interface SessionRegistry {
  /**
   * Keeps an id for a session that is being started.
   * @throws RpcError AlreadyExists when a live session has that id, or one that is being started
   */
  reserve(id: string): void;
  unreserve(id: string): void;
  add(session: ShellSession): void;
  remove(session: ShellSession): void;
  find(id: string): ShellSession | undefined;
  /** Locks a detached session for one attach: its lock id, or why not. */
  acquire(id: string): { lockId: string } | { failure: AcquireFailure };
  /**
   * Uses up a lock.
   * @throws RpcError NotFound for an unknown or used lock, or one whose shell has ended; DeadlineExceeded for an expired one
   */
  claim(lockId: string): ShellSession;
  /** Detached sessions nobody has locked, oldest first. */
  acquirable(): ShellSession[];
  all(): ShellSession[];
  /** Sessions that have a client now. */
  attachedCount(): number;
}

interface Lock {
  session: ShellSession;
  expires: number;
}

/** @param now epoch milliseconds */
export const createSessionRegistry = (now: () => number): SessionRegistry => {
  const sessions = new Map<string, ShellSession>();
  const reserved = new Set<string>();
  const locks = new Map<string, Lock>();

  const isLocked = (session: ShellSession): boolean => {
    for (const lock of locks.values()) if (lock.session === session && lock.expires > now()) return true;
    return false;
  };
  const forgetOldLocks = () => {
    for (const [id, lock] of locks) {
      if (lock.expires + expiredLockMemoryMs < now() || lock.session.state === "ended") locks.delete(id);
    }
  };

  return {
    reserve(id) {
      if (sessions.has(id) || reserved.has(id)) {
        throw new RpcError(Code.AlreadyExists, `shell session ${id} already exists`);
      }
      reserved.add(id);
    },
    unreserve(id) {
      reserved.delete(id);
    },
    add(session) {
      sessions.set(session.id, session);
    },
    remove(session) {
      if (sessions.get(session.id) === session) sessions.delete(session.id);
    },
    find: (id) => sessions.get(id),
    acquire(id) {
      forgetOldLocks();
      const session = sessions.get(id);
      if (session === undefined) return { failure: "not-found" };
      if (session.terminal === "") return { failure: "no-terminal" };
      if (session.state !== "detached" || isLocked(session)) return { failure: "already-acquired" };
      const lockId = `lk-${randomBytes(8).toString("hex")}`;
      locks.set(lockId, { session, expires: now() + lockLifetimeMs });
      return { lockId };
    },
    claim(lockId) {
      forgetOldLocks();
      const lock = locks.get(lockId);
      if (lock === undefined) throw new RpcError(Code.NotFound, "unknown session lock");
      if (lock.expires <= now()) throw new RpcError(Code.DeadlineExceeded, "session lock expired");
      locks.delete(lockId);
      return lock.session;
    },
    acquirable: () =>
      [...sessions.values()].filter(
        (session) => session.terminal !== "" && session.state === "detached" && !isLocked(session),
      ),
    all: () => [...sessions.values()],
    attachedCount: () => [...sessions.values()].filter((session) => session.state === "attached").length,
  };
};
