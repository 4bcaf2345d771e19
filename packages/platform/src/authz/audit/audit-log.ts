import { randomUUID } from "node:crypto";
import type { Log } from "@k8shell/contract";
import { scopeOf } from "../actions.ts";
import type { Caller } from "../claims.ts";
import type { Decision } from "../decider.ts";
import { ownerOf } from "../question.ts";
import type { ParsedRequest } from "../request.ts";

/** One decision as it happened. */
export interface AuditedDecision {
  readonly caller: Caller;
  readonly request: ParsedRequest;
  readonly decision: Decision;
  readonly patPreview: string;
  /** Empty when the caller named none. */
  readonly requestId: string;
  readonly durationUs: number;
}

/** A decision, and how often the same was decided again. Times are epoch milliseconds. */
export interface AuditEntry {
  readonly uid: string;
  readonly requestId: string;
  readonly occurredAt: number;
  readonly lastOccurredAt: number;
  /** Further identical decisions, without the first. */
  readonly dupCount: number;
  readonly packageName: string;
  readonly action: string;
  readonly scope: string;
  readonly username: string;
  readonly roles: readonly string[];
  readonly org: string;
  readonly patPreview: string;
  readonly resourceType: string;
  readonly resourceId: string;
  readonly resourceOwner: string;
  readonly resourceAttributes: Readonly<Record<string, string>>;
  readonly context: Readonly<Record<string, string>>;
  readonly allowed: boolean;
  readonly obligations: Readonly<Record<string, string>>;
  readonly error: string;
  readonly durationUs: number;
}

/** Identical decisions this close to the first become one entry. */
const mergeMs = 60_000;
/** How long a decision may wait before it is stored. */
const flushMs = 1000;

export interface AuditLogOptions {
  /** Stores new entries and the counts of known ones (by `uid`). */
  readonly write: (entries: readonly AuditEntry[]) => Promise<void>;
  readonly log: Log;
  readonly now: () => number;
  /** Most entries held in memory while they cannot be stored (default 20 000); beyond it the oldest are lost. */
  readonly maxHeld?: number;
}

export interface AuditLog {
  /** Never waits and never fails. */
  record(decision: AuditedDecision): void;
  /** Stores everything recorded so far. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

type LiveEntry = { -readonly [K in keyof AuditEntry]: AuditEntry[K] } & { dirty: boolean };

const toEntry = (audited: AuditedDecision, now: number): LiveEntry => {
  const { caller, request, decision, patPreview, requestId, durationUs } = audited;
  const { spec, id, attributes, context } = request;
  return {
    uid: randomUUID(),
    requestId: requestId || randomUUID(),
    occurredAt: now,
    lastOccurredAt: now,
    dupCount: 0,
    packageName: spec.package,
    action: spec.name,
    scope: scopeOf(spec, context),
    username: caller.username,
    roles: caller.roles,
    org: caller.org ?? "",
    patPreview,
    resourceType: spec.type,
    resourceId: id,
    resourceOwner: ownerOf(request) ?? "",
    resourceAttributes: attributes,
    context,
    allowed: decision.response.allowed,
    obligations: decision.response.obligations,
    error: decision.error ?? "",
    durationUs,
    dirty: false,
  };
};

/** Collects decisions, merges identical ones and stores them in batches, off the path of the decisions. */
export const createAuditLog = (options: AuditLogOptions): AuditLog => {
  const { write, log, now, maxHeld = 20_000 } = options;
  /** Entries that identical decisions may still join, oldest first. */
  const live = new Map<string, LiveEntry>();
  let waiting: LiveEntry[] = [];
  let timer: NodeJS.Timeout | undefined;
  let flushing = Promise.resolve();
  let closed = false;

  const forgetOld = () => {
    const oldest = now() - mergeMs;
    for (const [key, entry] of live) {
      if (entry.occurredAt > oldest && live.size <= maxHeld) return;
      live.delete(key);
    }
  };

  const store = async () => {
    forgetOld();
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    for (const entry of batch) entry.dirty = false;
    try {
      await write(batch.map((entry) => ({ ...entry })));
    } catch (error) {
      const again = batch.filter((entry) => !entry.dirty);
      for (const entry of again) entry.dirty = true;
      const held = [...again, ...waiting];
      waiting = held.slice(-maxHeld);
      log.error(
        { error, held: waiting.length, lost: held.length - waiting.length },
        "audit cannot be stored",
      );
    }
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    flushing = flushing.then(store);
    return flushing;
  };

  const mark = (entry: LiveEntry) => {
    if (entry.dirty) return;
    entry.dirty = true;
    waiting.push(entry);
    timer ??= setTimeout(flush, flushMs).unref();
  };

  return {
    record(audited) {
      if (closed) return;
      const { caller, request, decision, patPreview } = audited;
      const outcome = decision.response.allowed ? "+" : "-";
      const key = `${outcome}${patPreview} ${caller.key} ${request.key}`;
      const time = now();
      const known = live.get(key);
      if (known && time - known.occurredAt < mergeMs) {
        known.dupCount++;
        known.lastOccurredAt = time;
        mark(known);
        return;
      }
      const entry = toEntry(audited, time);
      live.delete(key);
      live.set(key, entry);
      mark(entry);
    },
    flush,
    async close() {
      closed = true;
      await flush();
    },
  };
};
