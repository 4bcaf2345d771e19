import { Code, RpcError } from "@k8shell/rpc";
import { closeCode } from "../http/websocket.ts";
import { isUnreachable } from "./hub-terminal.ts";
import { ShellBusyError } from "./shell-opener.ts";
import { TerminalElsewhereError } from "./terminal-hub.ts";

/** Why a terminal's socket is closed. A `notice` is shown to the user first. */
export interface CloseReason {
  readonly code: number;
  readonly reason: string;
  readonly notice?: string;
}

/** Codes of 4000 and above are final for clients: connecting again at once would change nothing. */
export const closeReasons = {
  ended: { code: closeCode.normal, reason: "ended", notice: "The shell has ended." },
  detached: {
    code: closeCode.normal,
    reason: "detached",
    notice: "Detached. Open the terminal again to come back to this shell.",
  },
  takenOver: {
    code: 4001,
    reason: "opened elsewhere",
    notice: "This terminal was opened in another window.",
  },
  busy: {
    code: 4002,
    reason: "in use",
    notice: "This terminal is open elsewhere. Close it there and try again.",
  },
  elsewhere: {
    code: 4003,
    reason: "on another server",
    notice: "This terminal is open on another server. Try again to reach that one.",
  },
  unknown: {
    code: 4004,
    reason: "no such terminal",
    notice: "This terminal does not exist any more.",
  },
  lost: {
    code: closeCode.tryAgainLater,
    reason: "workspace unreachable",
    notice: "The connection to the workspace was lost.",
  },
  refused: {
    code: closeCode.policyViolation,
    reason: "refused by the workspace",
    notice: "The workspace refused to open a terminal.",
  },
  failed: {
    code: closeCode.internalError,
    reason: "could not open",
    notice: "The terminal could not be opened.",
  },
  noHello: { code: closeCode.policyViolation, reason: "the first message must be hello" },
  notBinary: { code: closeCode.unsupportedData, reason: "send binary frames" },
  malformed: { code: 1002, reason: "malformed frame" },
  tooManyCommands: { code: closeCode.policyViolation, reason: "too many commands at once" },
  notReading: { code: closeCode.policyViolation, reason: "answers are not read" },
} as const satisfies Record<string, CloseReason>;

/** The reason for a failure to open a shell, or of its stream. Nothing of the error's text is told. */
export const reasonFor = (error: unknown): CloseReason => {
  if (error instanceof ShellBusyError) return closeReasons.busy;
  if (error instanceof TerminalElsewhereError) return closeReasons.elsewhere;
  if (error instanceof RpcError) {
    if (error.code === Code.PermissionDenied || error.code === Code.Unauthenticated)
      return closeReasons.refused;
    if (isUnreachable(error)) return closeReasons.lost;
  }
  return closeReasons.failed;
};
