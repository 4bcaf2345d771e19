import type { KvBucket } from "@k8shell/kv";
import type { Logger } from "pino";
import { createBackgroundRenewal } from "./background-renewal.ts";
import { createFramePool, type FramePool } from "./frame-pool.ts";
import { createHubTerminal, type HubTerminal } from "./hub-terminal.ts";
import { createKeyedLock } from "./keyed-lock.ts";
import { frameBytes } from "./output-viewer.ts";
import type { ScreenSnapshot } from "./screen.ts";
import { createShellOpener, type OpenedShell, type OpenShellRequest } from "./shell-opener.ts";
import { createTerminalOwners, type OwnedTerminal } from "./terminal-owners.ts";
import { createScreenRecords, type TerminalRecords } from "./terminal-records.ts";

export interface OpenTerminalRequest extends OpenShellRequest {
  /** User who opens it. */
  readonly username: string;
}

export interface OpenedTerminal {
  readonly terminal: HubTerminal;
  /** User who opened the terminal first; undefined when that is not known. */
  readonly owner: string | undefined;
  /** Did the shell exist before? */
  readonly reattached: boolean;
  /** The terminal stays attached until this is called: attach a viewer before. */
  readonly ready: () => void;
}

/** A connection on behalf of a tab: the tab has one at a time. */
export interface TabConnection {
  /** Asks earlier connections of the tab to go, and waits for that. */
  takeOver(): Promise<void>;
  /** The terminal is this connection's now; the next one asks it to go. */
  opened(terminal: HubTerminal): void;
}

/** Terminals that are live on this server. */
export interface LiveTerminalInfo extends OwnedTerminal {
  readonly terminal: HubTerminal;
}

/** All terminals that this server has attached: one attachment each, any number of viewers. */
export interface TerminalHub {
  /** For the output of all viewers. */
  readonly frames: FramePool;
  /**
   * The terminal of a tab: the one that is live here, else the one on record, wherever it is, else a new one.
   * @throws ShellBusyError, RpcError
   */
  open(key: string, request: OpenTerminalRequest, tab: TabConnection): Promise<OpenedTerminal>;
  /**
   * A terminal by its shell's id: live here, or detached. Undefined when there is none.
   * @throws TerminalElsewhereError, ShellBusyError, RpcError
   */
  join(shellId: string, request: OpenTerminalRequest): Promise<OpenedTerminal | undefined>;
  live(workspace: string): readonly LiveTerminalInfo[];
  elsewhere(workspace: string): Promise<readonly OwnedTerminal[]>;
  /** Lets every shell go. Resolves when other servers may have them. */
  close(): Promise<void>;
}

/** Another server has the terminal, with viewers who would lose it. */
export class TerminalElsewhereError extends Error {
  override readonly name = "TerminalElsewhereError";
}

export interface TerminalHubOptions {
  readonly records: TerminalRecords;
  /** Bucket `terminals`. */
  readonly terminals: KvBucket;
  /** Bucket `terminal-owners`. */
  readonly owners: KvBucket;
  readonly replica: string;
  readonly log: Logger;
  /** How long a shell whose last connection broke stays attached, milliseconds (default 10 000). */
  readonly lingerMs?: number;
}

/** What a frame has besides its output, bytes, and how many frames are kept to be used again. */
const maxFrameHeader = 64;
const keptFrames = 64;

interface Entry extends LiveTerminalInfo {
  readonly workspace: string;
  key: string | undefined;
}

export const createTerminalHub = (options: TerminalHubOptions): TerminalHub => {
  const { records, log, lingerMs = 10_000 } = options;
  const opener = createShellOpener();
  const screens = createScreenRecords(options.terminals);
  const renewal = createBackgroundRenewal();
  const frames = createFramePool(frameBytes + maxFrameHeader, keptFrames);
  const lock = createKeyedLock();
  const entries = new Map<string, Entry>();
  const leaving = new Set<Promise<void>>();
  let closing = false;

  const owners = createTerminalOwners({
    bucket: options.owners,
    replica: options.replica,
    log,
    onAsked: (shellId) => entries.get(shellId)?.terminal.release(),
  });

  /** After the attachment: what the next server needs is written before it may have the shell. */
  const leave = async ({ shellId, workspace, terminal }: Entry) => {
    const end = await terminal.over;
    entries.delete(shellId);
    renewal.forget(terminal.screen);
    try {
      if (end.kind === "exited") await screens.delete(shellId);
      else if (terminal.screen.base.text !== "") await screens.put(shellId, terminal.screen.base);
    } catch (err) {
      log.warn({ err }, "screen of a terminal not kept");
    }
    await owners
      .release(workspace, shellId)
      .catch((err: unknown) => log.warn({ err }, "terminal owner not updated"));
  };

  const screenOf = (opened: OpenedShell): Promise<ScreenSnapshot | undefined> =>
    // Without offsets it cannot be told what was printed after it.
    opened.reattached && opened.call.offset !== undefined
      ? screens.get(opened.shellId)
      : Promise.resolve(undefined);

  const enter = async (
    opened: OpenedShell,
    request: OpenTerminalRequest,
    key: string | undefined,
  ): Promise<OpenedTerminal> => {
    const { shellId, call, detachable, reattached } = opened;
    let screen: ScreenSnapshot | undefined;
    const owned = { shellId, username: request.username, attachedAt: new Date().toISOString() };
    try {
      screen = await screenOf(opened);
      await owners.claim(request.workspace, owned);
    } catch (error) {
      call.detach();
      throw error;
    }
    const terminal = createHubTerminal({
      daemon: request.daemon,
      shellId,
      call,
      detachable,
      size: request.size,
      screen,
      renewLater: renewal.later,
      lingerMs: closing ? 0 : lingerMs,
      log,
    });
    const entry: Entry = { ...owned, terminal, workspace: request.workspace, key };
    entries.set(shellId, entry);
    const left = leave(entry).finally(() => leaving.delete(left));
    leaving.add(left);
    const ready = terminal.hold();
    // A picture says nothing before the output it was made of is here.
    if (screen) await terminal.reaches(screen.offset);
    return { terminal, owner: request.username, reattached, ready };
  };

  const liveOf = (key: string, shellId: string | undefined): Entry | undefined => {
    const known = shellId === undefined ? undefined : entries.get(shellId);
    if (known && !known.terminal.end) return known;
    for (const entry of entries.values()) if (entry.key === key && !entry.terminal.end) return entry;
    return undefined;
  };

  const attach = async (request: OpenTerminalRequest, shellId: string) => {
    // One that this server is just letting go.
    await entries.get(shellId)?.terminal.over;
    return opener.attach(request, shellId);
  };

  const openTab = async (key: string, request: OpenTerminalRequest, tab: TabConnection) => {
    const known = (await records.get(key))?.shellId;
    const live = liveOf(key, known);
    const ready = live?.terminal.hold();
    await tab.takeOver();
    if (live && ready) {
      const { terminal, username } = live;
      if (!terminal.end) return { terminal, owner: username, reattached: true, ready };
      ready();
    }
    if (known !== undefined) {
      await owners.ask(request.workspace, known);
      const opened = await attach(request, known);
      if (opened) return enter(opened, request, key);
    }
    return enter(await opener.begin(request), request, key);
  };

  return {
    frames,
    open: (key, request, tab) =>
      lock(key, async () => {
        const opened = await openTab(key, request, tab);
        tab.opened(opened.terminal);
        return opened;
      }),
    join: (shellId, request) =>
      lock(`join ${shellId}`, async () => {
        const live = entries.get(shellId);
        if (live && !live.terminal.end) {
          if (live.workspace !== request.workspace) return undefined;
          const ready = live.terminal.hold();
          return { terminal: live.terminal, owner: live.username, reattached: true, ready };
        }
        const elsewhere = await owners.elsewhere(request.workspace);
        if (elsewhere.some((terminal) => terminal.shellId === shellId)) {
          throw new TerminalElsewhereError("the terminal is live on another server");
        }
        const opened = await attach(request, shellId);
        return opened && enter(opened, request, undefined);
      }),
    live: (workspace) =>
      [...entries.values()].filter((entry) => entry.workspace === workspace && !entry.terminal.end),
    elsewhere: owners.elsewhere,
    async close() {
      closing = true;
      renewal.close();
      for (const { terminal } of entries.values()) terminal.release();
      await Promise.all(leaving);
      owners.close();
    },
  };
};
