import type { K8shellError } from "@k8shell/sdk";
import { explainNetwork, tellFile } from "./system-error.ts";

/** What the command exits with, and what that means. docs/cli.md shows it; scripts rely on it. */
export const exitCodeTable = {
  ok: [0, "success"],
  failed: [1, "something went wrong that none of the others says"],
  usage: [2, "the command line or the configuration file is wrong"],
  signedOut: [3, "not signed in, or the token is not valid any more"],
  forbidden: [4, "policy or the scopes of the token refuse it"],
  notFound: [5, "there is no such workspace, file, app, token or context"],
  conflict: [6, "it exists or runs already, or is not in the state for this"],
  unreachable: [7, "the server cannot be reached, or does not answer"],
  unsupported: [8, "the installation does not have it, such as an SSH gateway"],
  interrupted: [130, "ended with Ctrl-C"],
} as const satisfies Readonly<Record<string, readonly [code: number, meaning: string]>>;

type ExitCodes = { readonly [K in keyof typeof exitCodeTable]: (typeof exitCodeTable)[K][0] };

export const exitCodes = Object.fromEntries(
  Object.entries(exitCodeTable).map(([name, [code]]) => [name, code]),
) as unknown as ExitCodes;

/** A failure in words for a person, with what to do next. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(message: string, options: { hint?: string; exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? exitCodes.failed;
  }
}

const byStatus: Readonly<Record<number, number>> = {
  0: exitCodes.unreachable,
  401: exitCodes.signedOut,
  403: exitCodes.forbidden,
  404: exitCodes.notFound,
  409: exitCodes.conflict,
  412: exitCodes.conflict,
  501: exitCodes.unsupported,
  502: exitCodes.unreachable,
  503: exitCodes.unreachable,
  504: exitCodes.unreachable,
};

/** Where to look for what a server says there is none of. */
const lists: ReadonlyArray<readonly [what: RegExp, hint: string]> = [
  [/\bno workspace\b/i, "List what there is: k8shell workspace list"],
  [/\bno app\b/i, "List what there is: k8shell app list NAME"],
  [/\bblueprint\b/i, "List what there is: k8shell blueprint list"],
  [/\b(file|directory)\b/i, "See what is there: k8shell workspace ls NAME:PATH"],
];

const hintFor = ({ status, code, message }: K8shellError): string | undefined => {
  if (status === 401) return "Sign in again: k8shell login";
  if (code === "insufficient_scope") return "Make a token with that scope: k8shell token create --help";
  if (code === "network_error") return "Check the address and that the server runs: k8shell context list";
  if (code === "client_timeout") return "The server may be busy: try again, or look at k8shell doctor";
  if (code === "invalid_response") return "Check the address of the context: k8shell context list";
  if (code === "workspace_not_running") return "Start it first: k8shell workspace start NAME";
  return status === 404 ? lists.find(([what]) => what.test(message))?.[1] : undefined;
};

/** By its name, so that what fails before the server is asked need not load the SDK. */
export const isK8shellError = (error: unknown): error is K8shellError =>
  error instanceof Error && error.name === "K8shellError";

/** Any failure as one that can be told. */
export const toCliError = (error: unknown): CliError => {
  if (error instanceof CliError) return error;
  if (isK8shellError(error)) {
    const request = error.requestId === undefined ? "" : ` (request ${error.requestId})`;
    const known = error.code === "network_error" ? explainNetwork(error.cause) : undefined;
    const message = known ? `${error.message.replace(/\.$/, "")}: ${known.why}.` : error.message;
    return new CliError(`${message}${error.status >= 500 ? request : ""}`, {
      hint: known?.fix ?? hintFor(error),
      exitCode: byStatus[error.status] ?? exitCodes.failed,
      cause: error,
    });
  }
  const told = tellFile(error);
  if (told) return new CliError(told.message, { hint: told.hint, cause: error });
  return new CliError(error instanceof Error ? error.message : String(error), { cause: error });
};
