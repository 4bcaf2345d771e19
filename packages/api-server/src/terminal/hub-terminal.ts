import { randomBytes } from "node:crypto";
import { Code, RpcError } from "@k8shell/rpc";
import type { WorkspaceClient } from "../backends/backends.ts";
import { type ByteRing, createByteRing } from "./byte-ring.ts";
import { createScreen, type Screen, type ScreenSnapshot } from "./screen.ts";
import type { ShellCall } from "./shell-call.ts";
import type { TerminalSize } from "./shell-opener.ts";

/** How a terminal's attachment ended. `detached`: the shell lives on; `lost`: it is not known. */
export type TerminalEnd =
  | { readonly kind: "exited"; readonly code: number | undefined }
  | { readonly kind: "detached" }
  | { readonly kind: "lost"; readonly error: unknown }
  /** Another server, or a shutdown, asked for it. */
  | { readonly kind: "released" };

/** One socket that shows a terminal. It takes output out of the ring at its own speed. */
export interface Viewer {
  /** Does the shell wait for it? Among several, the fastest counts. */
  readonly paces: boolean;
  /** Offset up to which its client has the output. */
  readonly taken: number;
  /** There is more in the ring. */
  more(): void;
  /** The user interrupted a flood: what is printed now is not to be shown, until `resumeOutput`. */
  skipOutput(): void;
  resumeOutput(): void;
  resized(size: TerminalSize): void;
  /** After the last output. */
  ended(end: TerminalEnd): void;
}

/** Is told everything, at once, whoever looks; it must not take long. */
export interface TerminalTap {
  /** @param bytes are lent for the time of the call */
  output(bytes: Uint8Array): void;
  resize(cols: number, rows: number): void;
}

/** A shell attached to this server, with any number of viewers. */
export interface HubTerminal {
  readonly shellId: string;
  /** Offsets with the same name are the same bytes. */
  readonly stream: string;
  readonly detachable: boolean;
  readonly ring: ByteRing;
  readonly screen: Screen;
  readonly size: TerminalSize;
  readonly end: TerminalEnd | undefined;
  /** Resolves after the attachment is over. */
  readonly over: Promise<TerminalEnd>;
  /** Has output been lost that was printed since this server attached, or is there a picture from before? */
  readonly incomplete: boolean;
  /** Resolves to true when the ring has come to this offset, and to false when it does not within a second. */
  reaches(offset: number): Promise<boolean>;
  attach(viewer: Viewer): void;
  /**
   * Tells a tap what is in the ring from offset `from` on, and all that follows until the result is called.
   */
  tap(from: number, tap: TerminalTap): () => void;
  /**
   * @param linger the client may be back in a moment: the last viewer leaves the shell attached for a while
   */
  detach(viewer: Viewer, linger: boolean): void;
  /** Keeps the shell attached without viewers until the result is called. */
  hold(): () => void;
  /** A viewer's `taken` has grown. */
  progress(): void;
  write(data: Uint8Array): Promise<void>;
  resize(size: TerminalSize): void;
  /** The user pressed an interrupt key: whoever is behind a flood need not see the rest of it. */
  interrupt(): void;
  /** Ends the shell. */
  endShell(): void;
  /** Lets the shell go now, whoever looks. */
  release(): void;
}

export interface HubTerminalOptions {
  readonly daemon: WorkspaceClient;
  readonly shellId: string;
  readonly call: ShellCall;
  readonly detachable: boolean;
  readonly size: TerminalSize;
  /** Its picture from an earlier attachment. */
  readonly screen: ScreenSnapshot | undefined;
  /** Has `screen.renew` called in the background, some time. */
  readonly renewLater: (screen: Screen) => void;
  readonly lingerMs: number;
  readonly log: { debug(details: object, message: string): void };
}

/** Bytes of output kept, as many as the workspace's daemon keeps (grpc-behaviour section 4). */
export const ringBytes = 256 * 1024;
/** A viewer this far behind is one that cannot keep up, bytes. */
const behindBytes = 64 * 1024;
/**
 * Output beyond what the fastest viewer has taken: at this the shell is not read on, bytes. What has been received by
 * then (ShellCall.pause) still fits into the ring.
 */
export const windowBytes = 192 * 1024;
/** The daemon hears of progress in steps of this, bytes. */
const acknowledgeBytes = 64 * 1024;
/** Silence after which the screen left by a flood is worth a picture, milliseconds. */
const quietMs = 250;
/** What the workspace repeats after an attach is here within this, milliseconds. */
const reachMs = 1_000;
/** Silence that counts as the end of an interrupted flood, and the longest it may go on unseen, milliseconds. */
const floodSilenceMs = 50;
const floodLongestMs = 1_000;

/** Takes over a started call and reads it until it ends. */
export const createHubTerminal = (options: HubTerminalOptions): HubTerminal => {
  const { daemon, shellId, call, detachable, log } = options;
  const first = call.offset ?? 0;
  const ring = createByteRing(ringBytes, first);
  const screen = createScreen({ ring, capacity: ringBytes, size: options.size, base: options.screen });
  const stream = call.offset === undefined ? `${shellId}.${randomBytes(6).toString("hex")}` : shellId;
  const viewers = new Set<Viewer>();
  const taps = new Set<TerminalTap>();
  const over = Promise.withResolvers<TerminalEnd>();
  let size = options.size;
  let wantedSize: TerminalSize | undefined;
  let resizing = false;
  let end: TerminalEnd | undefined;
  let holds = 0;
  let linger: NodeJS.Timeout | undefined;
  let acknowledged = first;
  let held = false;
  let telling = false;
  let flood: { silence: NodeJS.Timeout; limit: NodeJS.Timeout } | undefined;
  let quiet: NodeJS.Timeout | undefined;
  const reaching = new Set<{ offset: number; settle: (reached: boolean) => void }>();
  if (options.screen) screen.resized(options.size);

  /** Up to where the output need not be kept for the one it is for. */
  const taken = (): number => {
    let furthest = -1;
    if (!flood) {
      for (const viewer of viewers) if (viewer.paces && viewer.taken > furthest) furthest = viewer.taken;
    }
    return furthest < 0 ? ring.head : furthest;
  };
  const progress = () => {
    const upTo = taken();
    if (upTo - acknowledged >= acknowledgeBytes) {
      acknowledged = upTo;
      call.acknowledge(upTo);
    }
    if (held && ring.head - upTo < windowBytes) {
      held = false;
      call.resume();
    }
  };
  const endFlood = () => {
    if (!flood) return;
    clearTimeout(flood.silence);
    clearTimeout(flood.limit);
    flood = undefined;
    for (const viewer of viewers) viewer.resumeOutput();
    progress();
  };
  const whenQuiet = () => {
    if (quiet) {
      quiet.refresh();
      return;
    }
    quiet = setTimeout(() => {
      quiet = undefined;
      if (screen.lossy && !end) options.renewLater(screen);
    }, quietMs);
    quiet.unref();
  };
  /** Tells of what one turn of the event loop has brought: it leaves in as few frames as it can. */
  const tell = () => {
    telling = false;
    flood?.silence.refresh();
    for (const viewer of viewers) viewer.more();
    for (const wait of reaching) if (ring.head >= wait.offset) wait.settle(true);
    if (screen.stale) options.renewLater(screen);
    else if (screen.lossy) whenQuiet();
    progress();
  };
  const take = (chunk: Uint8Array) => {
    if (end) return;
    screen.beforePush(chunk.length);
    ring.push(chunk);
    for (const tap of taps) tap.output(chunk);
    if (!held && ring.head - taken() >= windowBytes) {
      held = true;
      call.pause();
    }
    if (telling) return;
    telling = true;
    queueMicrotask(tell);
  };
  /** The output has ended in order, without a status: with the shell, or because the keys for detaching were typed. */
  const howEnded = async (): Promise<TerminalEnd> => {
    try {
      await daemon.ssh.getCWD({ shellId });
      return { kind: "detached" };
    } catch (error) {
      return isUnreachable(error) ? { kind: "lost", error } : { kind: "exited", code: undefined };
    }
  };
  const finish = (how: TerminalEnd) => {
    if (end) return;
    end = how;
    clearTimeout(linger);
    clearTimeout(quiet);
    endFlood();
    for (const wait of reaching) wait.settle(false);
    for (const viewer of [...viewers]) viewer.ended(how);
    over.resolve(how);
  };
  const settle = async (error: RpcError | undefined) => {
    if (error) return finish({ kind: "lost", error });
    const code = call.exitCode();
    finish(code === undefined && detachable ? await howEnded() : { kind: "exited", code });
  };
  const release = () => {
    if (end) return;
    call.detach();
    finish({ kind: "released" });
  };
  const leaveWhenAlone = (lingering: boolean) => {
    if (viewers.size > 0 || holds > 0 || end) return;
    if (!lingering) return release();
    clearTimeout(linger);
    linger = setTimeout(() => leaveWhenAlone(false), options.lingerMs);
    linger.unref();
    progress();
  };
  const applySize = async () => {
    if (resizing) return;
    resizing = true;
    while (wantedSize && !end) {
      const wanted = wantedSize;
      wantedSize = undefined;
      try {
        await daemon.ssh.resizeTerminal(
          { width: wanted.cols, height: wanted.rows },
          { metadata: { "session-id": shellId } },
        );
      } catch (err) {
        log.debug({ err }, "terminal not resized");
      }
    }
    resizing = false;
  };

  call.read({ onOutput: take, onEnd: (error) => void settle(error) });
  return {
    shellId,
    stream,
    detachable,
    ring,
    screen,
    get size() {
      return size;
    },
    get end() {
      return end;
    },
    over: over.promise,
    get incomplete() {
      return ring.start > first || screen.base.text !== "";
    },
    reaches(offset) {
      if (ring.head >= offset) return Promise.resolve(true);
      if (end) return Promise.resolve(false);
      return new Promise((resolve) => {
        const wait = {
          offset,
          settle(reached: boolean) {
            clearTimeout(timer);
            reaching.delete(wait);
            resolve(reached);
          },
        };
        const timer = setTimeout(() => wait.settle(false), reachMs);
        reaching.add(wait);
      });
    },
    tap(from, tap) {
      const start = Math.max(from, ring.start);
      if (start < ring.head) tap.output(ring.read(start));
      taps.add(tap);
      return () => taps.delete(tap);
    },
    attach(viewer) {
      clearTimeout(linger);
      viewers.add(viewer);
      if (end) viewer.ended(end);
    },
    detach(viewer, lingering) {
      if (!viewers.delete(viewer)) return;
      progress();
      leaveWhenAlone(lingering);
    },
    hold() {
      clearTimeout(linger);
      holds += 1;
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        holds -= 1;
        leaveWhenAlone(false);
      };
    },
    progress,
    write: (data) => call.write(data),
    resize(wanted) {
      wantedSize = wanted;
      if (wanted.cols !== size.cols || wanted.rows !== size.rows) {
        size = wanted;
        screen.resized(wanted);
        for (const tap of taps) tap.resize(wanted.cols, wanted.rows);
        for (const viewer of viewers) viewer.resized(wanted);
      }
      void applySize();
    },
    interrupt() {
      if (flood || end || ring.head - taken() < behindBytes) return;
      flood = {
        silence: setTimeout(endFlood, floodSilenceMs),
        limit: setTimeout(endFlood, floodLongestMs),
      };
      for (const viewer of viewers) viewer.skipOutput();
      progress();
    },
    endShell: () => call.end(),
    release,
  };
};

/** Does an error mean that the workspace cannot be reached now? */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof RpcError &&
  (error.code === Code.Unavailable || error.code === Code.DeadlineExceeded || error.code === Code.Canceled);
