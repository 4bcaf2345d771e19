import type { K8shellError } from "../error.ts";
import type { Explorer } from "./explorer-types.ts";

export interface TerminalSize {
  readonly cols: number;
  readonly rows: number;
}

/** `owner` and `writer` may type; an `observer` looks on. */
export type TerminalRole = "owner" | "writer" | "observer";

/** What shows a terminal's output, e.g. xterm.js. Calls come in order, and are to have their effects in order. */
export interface TerminalScreen {
  /**
   * Shows output, which may begin or end within a character.
   * @param rendered to be called when it is on the screen: the program is held back until then
   * @param isRepeated it was printed before, to somebody else: what asks the terminal for an answer has had it
   */
  write(data: Uint8Array, rendered: () => void, isRepeated: boolean): void;
  /** Everything shown so far is void: what follows begins with an empty screen, of this size where one is given. */
  reset(size?: TerminalSize): void;
  /** Another viewer has changed the terminal's size. */
  resize?(size: TerminalSize): void;
}

/** A terminal as the server describes it once it is open. */
export interface TerminalInfo extends TerminalSize {
  /** Names the terminal for others who want to join it; empty with a server that only speaks `cloudshell-v1`. */
  readonly id: string;
  readonly role: TerminalRole;
  /** Did the shell exist before? */
  readonly reattached: boolean;
  /** Does the shell outlive its connections? */
  readonly detachable: boolean;
  readonly protocol: "cloudshell-v2" | "cloudshell-v1";
}

/**
 * Why a terminal was closed for good:
 * - `ended`: the shell has ended
 * - `detached`: the user pressed Ctrl+A d; opening it again finds the shell
 * - `closed`: `close()` was called
 * - `aborted`: the signal aborted
 * - `taken_over`: the tab was opened in another window
 * - `busy`: another client of the workspace has the shell
 * - `not_found`: no such workspace or terminal
 * - `unauthenticated`: not signed in any more
 * - `refused`: not allowed, or not any more; or the workspace does not run
 * - `failed`: it could not be opened, or not be reached often enough
 */
export type TerminalEndReason =
  | "ended"
  | "detached"
  | "closed"
  | "aborted"
  | "taken_over"
  | "busy"
  | "not_found"
  | "unauthenticated"
  | "refused"
  | "failed";

export interface ClosedTerminal {
  readonly name: "closed";
  readonly reason: TerminalEndReason;
  /** Text for the user. */
  readonly message: string;
  /** Of the shell that ended: its status, or 128 + the signal that ended it. Undefined where it is not known. */
  readonly exitCode?: number;
  readonly error?: K8shellError;
}

/**
 * - `connecting`: for the first time
 * - `open`: what is typed reaches the shell
 * - `reconnecting`: the connection was lost; the shell goes on, and nothing of it is lost
 * - `closed`: for good, until `reopen()`
 */
export type TerminalState =
  | { readonly name: "connecting" }
  | { readonly name: "open"; readonly info: TerminalInfo }
  | {
      readonly name: "reconnecting";
      /** 1 for the first attempt since the connection was lost. */
      readonly attempt: number;
      /** Milliseconds until the attempt; 0: it is under way. */
      readonly waitMs: number;
      readonly message: string;
    }
  | ClosedTerminal;

/** A line of the list of terminals. */
export interface ListedTerminalView {
  readonly id: string;
  readonly owner: string;
  /** `elsewhere`: live on another server, or with another client of the workspace. */
  readonly state: "attached" | "detached" | "elsewhere" | "unknown";
  /** RFC 3339; empty when unknown. */
  readonly createdAt: string;
  readonly viewers: readonly { readonly username: string; readonly role: TerminalRole }[];
}

export interface TerminalEvents {
  state: TerminalState;
  /** Text of the server for the user, e.g. why it closes. */
  notice: string;
  /** Another viewer has changed the terminal's size. */
  resized: TerminalSize;
  /** The shell is in another directory. It is looked after while somebody listens. */
  directory: string;
}

export interface TerminalOptions extends Partial<TerminalSize> {
  /**
   * Names the terminal: the same user and tab get the same shell again, from another process too (default: a new one).
   * 1 to 64 letters, digits, `_`, `.`, `:` or `-`.
   */
  readonly tab?: string;
  /** Joins this terminal of the list instead. */
  readonly join?: string;
  /** What is wanted of it; what is given stands in `info.role`. */
  readonly role?: TerminalRole;
  /** Shows the output. Without one the terminal connects when a screen is attached. */
  readonly screen?: TerminalScreen;
  /** Closes the terminal; the shell goes on. */
  readonly signal?: AbortSignal;
  /** Attempts before the first connection is given up (default 3). */
  readonly firstAttempts?: number;
  /** Attempts in a row before a lost connection is given up (default: no limit). */
  readonly attempts?: number;
  /** Subprotocols to offer, best first (default: both). */
  readonly protocols?: readonly ("cloudshell-v2" | "cloudshell-v1")[];
}

/** A terminal that connects again by itself, and goes on with the very next byte. */
export interface Terminal {
  readonly tab: string;
  readonly state: TerminalState;
  /** Size of the terminal; of the client's own, unless another viewer has changed it. */
  readonly size: TerminalSize;
  on<K extends keyof TerminalEvents>(name: K, listener: (event: TerminalEvents[K]) => void): () => void;
  /** Resolves when it is open. @throws K8shellError when it is closed before */
  opened(): Promise<TerminalInfo>;
  /** Resolves when it is closed for good. Never rejects. */
  closed(): Promise<ClosedTerminal>;
  /** Shows the output from now on, beginning with what is kept of it. Connects when no screen was attached before. */
  attach(screen: TerminalScreen): void;
  /**
   * Types. Up to 64 KiB wait while there is no connection.
   * @returns false when it is not taken: an observer's, or too much, or closed
   */
  write(data: string | Uint8Array): boolean;
  /** Bytes typed that have not left yet. */
  readonly bufferedAmount: number;
  /** Tells the size of the client's terminal. */
  resize(cols: number, rows: number): void;
  /** Terminals of the workspace. @throws K8shellError `unsupported` with a server that only speaks `cloudshell-v1` */
  list(options?: { readonly signal?: AbortSignal }): Promise<readonly ListedTerminalView[]>;
  /** Ends the shell (a hang-up). @throws K8shellError `unsupported` with a server that only speaks `cloudshell-v1` */
  end(): void;
  /** Leaves the shell running. */
  close(): void;
  /** Connects now instead of waiting further. */
  retry(): void;
  /** Connects again after the end: to take it over again, to attach to it again, or for a new shell. */
  reopen(): void;
  /** Directories of the workspace, over the same connection. */
  readonly explorer: Explorer;
  [Symbol.dispose](): void;
}
