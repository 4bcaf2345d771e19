import { K8shellError } from "../error.ts";
import type { SocketEnd } from "../socket/open-socket.ts";
import type { ClosedTerminal, TerminalEndReason } from "./types.ts";

/** What follows from the end of a connection: the end of the terminal, or another attempt, which may be one of a few. */
export type Outcome =
  | { readonly closed: ClosedTerminal }
  | { readonly again: "always" | "a few times"; readonly message: string; readonly error?: K8shellError };

const final: Readonly<Record<number, readonly [TerminalEndReason, string]>> = {
  1002: ["failed", "The connection was closed over a malformed message."],
  1003: ["failed", "The connection was closed over a malformed message."],
  1007: ["failed", "The connection was closed over a malformed message."],
  1008: ["refused", "The server has closed the terminal."],
  1009: ["failed", "A message was too large."],
  4001: ["taken_over", "This terminal was opened in another window."],
  4002: ["busy", "This terminal is open elsewhere."],
  4004: ["not_found", "This terminal does not exist any more."],
};
const words: Readonly<Record<number, string>> = {
  1011: "The terminal could not be opened.",
  1012: "The server restarts.",
  1013: "The workspace cannot be reached.",
  4003: "The terminal is open on another server.",
};
const limited = new Set([1011, 4003]);

/**
 * By the close code (docs/protocols/cloudshell-v2.md, "The end").
 * @param notice the last text of the server for the user
 */
export const outcomeOf = (
  { code, reason }: SocketEnd,
  { notice, exitCode }: { readonly notice: string | undefined; readonly exitCode: number | undefined },
): Outcome => {
  if (code === 1000) {
    if (reason === "detached") {
      return { closed: { name: "closed", reason: "detached", message: notice ?? "Detached." } };
    }
    return {
      closed: {
        name: "closed",
        reason: "ended",
        message: notice ?? "The shell has ended.",
        ...(exitCode === undefined ? {} : { exitCode }),
      },
    };
  }
  const known =
    final[code] ?? (code > 4004 ? (["refused", "The server has closed the terminal."] as const) : undefined);
  if (known) {
    const [why, standard] = known;
    const told = code === 1008 && reason !== "" ? `${standard.slice(0, -1)}: ${reason}.` : standard;
    return { closed: { name: "closed", reason: why, message: notice ?? told } };
  }
  return {
    again: limited.has(code) ? "a few times" : "always",
    message: notice ?? words[code] ?? "The connection was lost.",
  };
};

const reasonOf = (status: number): TerminalEndReason => {
  if (status === 401) return "unauthenticated";
  if (status === 404) return "not_found";
  return "refused";
};

const passing = new Set([408, 425, 429]);

/** What follows from a connection that could not be made. */
export const outcomeOfError = (error: unknown): Outcome => {
  const known =
    error instanceof K8shellError
      ? error
      : new K8shellError("The terminal could not be opened.", {
          status: 0,
          code: "network_error",
          cause: error,
        });
  const { status, code, message } = known;
  const refused = (status >= 400 && status < 500 && !passing.has(status)) || code === "unsupported";
  if (refused) return { closed: { name: "closed", reason: reasonOf(status), message, error: known } };
  return { again: "always", message, error: known };
};
