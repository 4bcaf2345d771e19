/**
 * Why a request failed. Codes of the server are those of its error body (`not_found`, `forbidden`,
 * `workspace_not_running`, …: the list only grows); the client adds three of its own:
 * - `network_error`: the server could not be reached, or the connection was lost
 * - `client_timeout`: no answer within the time limit
 * - `invalid_response`: the answer was not what the API says, e.g. a page of a proxy
 */
export type K8shellErrorCode = string;

export interface K8shellErrorOptions {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly code: K8shellErrorCode;
  /** Names the request in the server's log. */
  readonly requestId?: string;
  /** Milliseconds after which the server asks to try again. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** The one error type of this package. An aborted call throws the reason of its signal instead. */
export class K8shellError extends Error {
  override readonly name = "K8shellError";
  readonly status: number;
  readonly code: K8shellErrorCode;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: K8shellErrorOptions) {
    super(message, { cause: options.cause });
    this.status = options.status;
    this.code = options.code;
    this.requestId = options.requestId;
    this.retryAfterMs = options.retryAfterMs;
  }
}

const wordsFor: Readonly<Record<number, string>> = {
  401: "You are not signed in, or the token is not valid.",
  403: "You are not allowed to do this.",
  404: "There is nothing at this address.",
  500: "The server failed.",
  502: "The server, or a proxy before it, cannot reach what it needs.",
  503: "The server is not available now.",
  504: "The server did not answer in time.",
};

/** `Retry-After` in milliseconds, from seconds or a date. */
const retryAfter = (headers: Headers): number | undefined => {
  const text = headers.get("retry-after");
  if (text === null) return undefined;
  const seconds = Number(text);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
};

/** The error that an answer with a status of 400 or more stands for. Reads its body. */
export const errorOf = async (response: Response): Promise<K8shellError> => {
  const text = await response.text().catch(() => "");
  let body: { msg?: unknown; code?: unknown; requestId?: unknown } = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) body = parsed;
  } catch {
    // Not ours: a proxy's page perhaps.
  }
  const message =
    typeof body.msg === "string" && body.msg !== ""
      ? body.msg
      : (wordsFor[response.status] ?? `The request failed with status ${response.status}.`);
  return new K8shellError(message, {
    status: response.status,
    code: typeof body.code === "string" ? body.code : `http_${response.status}`,
    requestId:
      typeof body.requestId === "string"
        ? body.requestId
        : (response.headers.get("x-request-id") ?? undefined),
    retryAfterMs: retryAfter(response.headers),
  });
};
