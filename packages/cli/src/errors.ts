import { K8shellError } from "@k8shell/sdk";

/** What the command exits with. Documented in docs/cli.md; scripts rely on it. */
export const exitCodes = {
  ok: 0,
  /** Something went wrong that none of the others says. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** Not signed in, or the token is not valid any more. */
  signedOut: 3,
  /** Policy or the token's scopes refuse it. */
  forbidden: 4,
  notFound: 5,
  /** It exists or runs already, or is not in the state for this. */
  conflict: 6,
  /** The server cannot be reached, or does not answer. */
  unreachable: 7,
  /** Ended with Ctrl-C. */
  interrupted: 130,
} as const;

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
  502: exitCodes.unreachable,
  503: exitCodes.unreachable,
  504: exitCodes.unreachable,
};

const hintFor = ({ status, code }: K8shellError): string | undefined => {
  if (status === 401) return "Sign in again: k8shell login";
  if (code === "insufficient_scope") return "Make a token with that scope: k8shell token create --help";
  if (code === "network_error") return "Check the address and that the server runs: k8shell context list";
  if (code === "client_timeout") return "The server may be busy: try again, or look at k8shell doctor";
  if (code === "invalid_response") return "Check the address of the context: k8shell context list";
  if (code === "workspace_not_running") return "Start it first: k8shell workspace start NAME";
  if (status === 404) return "List what there is: k8shell workspace list";
  return undefined;
};

/** Any failure as one that can be told. */
export const toCliError = (error: unknown): CliError => {
  if (error instanceof CliError) return error;
  if (error instanceof K8shellError) {
    const request = error.requestId === undefined ? "" : ` (request ${error.requestId})`;
    return new CliError(`${error.message}${error.status >= 500 ? request : ""}`, {
      hint: hintFor(error),
      exitCode: byStatus[error.status] ?? exitCodes.failed,
      cause: error,
    });
  }
  return new CliError(error instanceof Error ? error.message : String(error), { cause: error });
};
