import { type ErrorCode, errorStatus } from "@k8shell/contract";

/** A failure with a message meant for the caller. `cause` is logged and never sent. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ErrorCode;
  /** Extra response headers, e.g. `retry-after`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    message: string,
    options?: { cause?: unknown; headers?: Record<string, string> },
  ) {
    // Where a refusal was made is in nobody's log, and to find it out takes longer than the rest of the answer; whoever
    // is refused may ask as often as they like.
    const { stackTraceLimit } = Error;
    if (errorStatus[code] < 500) Error.stackTraceLimit = 0;
    super(message, { cause: options?.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.headers = options?.headers ?? {};
  }

  get status(): number {
    return errorStatus[this.code];
  }
}
