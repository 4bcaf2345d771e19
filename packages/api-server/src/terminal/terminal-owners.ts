import { encodeKey, type KvBucket, KvConflictError, type KvEvent } from "@k8shell/kv";
import type { Logger } from "pino";
import { z } from "zod";

/** A terminal that some server has attached. */
export interface OwnedTerminal {
  readonly shellId: string;
  /** User who opened it. */
  readonly username: string;
  /** RFC 3339. */
  readonly attachedAt: string;
}

/**
 * Which server has which terminal, so that another one can ask for it. The workspace's daemon has the last word: it
 * gives a shell to one client at a time. A record only saves waiting.
 */
export interface TerminalOwners {
  /** Asks the server that has the terminal to let it go. Resolves when it has, or after `askMs` in vain. */
  ask(workspace: string, shellId: string): Promise<void>;
  /** Notes that this server has it, and keeps the note alive until `release`. */
  claim(workspace: string, terminal: OwnedTerminal): Promise<void>;
  release(workspace: string, shellId: string): Promise<void>;
  /** Terminals of a workspace that other servers have. */
  elsewhere(workspace: string): Promise<readonly OwnedTerminal[]>;
  close(): void;
}

export interface TerminalOwnersOptions {
  /** Bucket `terminal-owners`; its TTL ends the notes of a server that died. */
  readonly bucket: KvBucket;
  /** Name of this server, unique among those that share the bucket. */
  readonly replica: string;
  /** Another server wants this terminal: let it go, then `release`. */
  readonly onAsked: (shellId: string) => void;
  readonly log: Logger;
  /** Milliseconds between renewals of the notes (default 40 000; less than half of the bucket's TTL). */
  readonly renewMs?: number;
  /** Longest wait for another server, milliseconds (default 1 500). */
  readonly askMs?: number;
}

const note = z.object({
  replica: z.string(),
  wantedBy: z.string().optional(),
  shellId: z.string(),
  username: z.string(),
  attachedAt: z.string(),
});
type Note = z.output<typeof note>;

const parse = (value: string): Note | undefined => {
  try {
    return note.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
};

const prefixOf = (workspace: string) => `${encodeKey(workspace)}/`;
const keyOf = (workspace: string, shellId: string) => prefixOf(workspace) + encodeKey(shellId);

export const createTerminalOwners = (options: TerminalOwnersOptions): TerminalOwners => {
  const { bucket, replica, onAsked, log, renewMs = 40_000, askMs = 1_500 } = options;
  const mine = new Map<string, Note>();
  const waiting = new Map<string, Set<() => void>>();
  const ended = new AbortController();

  const answer = (key: string, found: Note) => {
    if (found.wantedBy !== undefined && found.wantedBy !== replica && mine.has(key)) onAsked(found.shellId);
  };
  const see = (event: KvEvent) => {
    if (event.type !== "put" && event.type !== "delete") return;
    const found = event.type === "put" ? parse(event.value) : undefined;
    if (found?.replica === replica) answer(event.key, found);
    if (!found) for (const resolve of waiting.get(event.key) ?? []) resolve();
  };
  const watch = async () => {
    while (!ended.signal.aborted) {
      try {
        for await (const event of bucket.watch({ signal: ended.signal })) see(event);
      } catch (err) {
        if (!ended.signal.aborted) log.warn({ err }, "terminal owners cannot be watched");
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 500);
        timer.unref();
      });
    }
  };
  void watch();
  const renew = async (key: string, value: Note) => {
    const entry = await bucket.get(key);
    const found = entry && parse(entry.value);
    if (found?.replica === replica && found.wantedBy !== undefined) answer(key, found);
    // A server that stood for long has lost it to another, and learns that only now.
    else if (found && found.replica !== replica) return;
    else if (entry) await bucket.update(key, JSON.stringify(value), entry.revision);
    else await bucket.put(key, JSON.stringify(value));
  };
  const renewal = setInterval(() => {
    for (const [key, value] of mine) {
      renew(key, value).catch((err: unknown) => log.warn({ err }, "terminal owner not renewed"));
    }
  }, renewMs);
  renewal.unref();

  return {
    async ask(workspace, shellId) {
      const key = keyOf(workspace, shellId);
      const entry = await bucket.get(key);
      const found = entry && parse(entry.value);
      if (!entry || !found || found.replica === replica) return;
      const released = Promise.withResolvers<void>();
      const waiters = waiting.get(key) ?? new Set();
      waiting.set(key, waiters.add(released.resolve));
      const timer = setTimeout(released.resolve, askMs);
      try {
        await bucket.update(key, JSON.stringify({ ...found, wantedBy: replica }), entry.revision);
        await released.promise;
      } catch (error) {
        // It has changed this moment: released, renewed or asked for by a third server. The daemon decides.
        if (!(error instanceof KvConflictError)) throw error;
      } finally {
        clearTimeout(timer);
        waiters.delete(released.resolve);
        if (waiters.size === 0) waiting.delete(key);
      }
    },
    async claim(workspace, terminal) {
      const key = keyOf(workspace, terminal.shellId);
      const value = { replica, ...terminal };
      mine.set(key, value);
      await bucket.put(key, JSON.stringify(value));
    },
    async release(workspace, shellId) {
      const key = keyOf(workspace, shellId);
      if (!mine.delete(key)) return;
      const entry = await bucket.get(key);
      // Another server may have it by now.
      if (!entry || parse(entry.value)?.replica !== replica) return;
      await bucket.delete(key, entry.revision).catch((error: unknown) => {
        if (!(error instanceof KvConflictError)) throw error;
      });
    },
    async elsewhere(workspace) {
      const keys = await bucket.keys(prefixOf(workspace));
      const entries = await Promise.all(keys.map((key) => bucket.get(key)));
      return entries.flatMap((entry) => {
        const found = entry && parse(entry.value);
        return found && found.replica !== replica ? [found] : [];
      });
    },
    close() {
      ended.abort();
      clearInterval(renewal);
    },
  };
};
