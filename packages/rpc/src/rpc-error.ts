/** gRPC status codes (https://grpc.github.io/grpc/core/md_doc_statuscodes.html). */
export const Code = {
  Ok: 0,
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
} as const;

export type Code = (typeof Code)[keyof typeof Code];

const names: readonly string[] = Object.keys(Code);

/** The name of a status as in the gRPC specification, e.g. `NotFound`. */
export const codeName = (code: Code): string => names[code] ?? "Unknown";

export interface RpcErrorOptions {
  cause?: unknown;
  /** Name of the peer that was called, where the channel knows one. */
  peer?: string;
  /** No status came from the peer: it could not be reached, or was lost. */
  unreached?: boolean;
}

/** The one error of this package: a gRPC status with a message for the caller and a `cause` for the log only. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: Code;
  readonly peer: string | undefined;
  readonly unreached: boolean;

  constructor(code: Code, message: string, options: RpcErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.peer = options.peer;
    this.unreached = options.unreached ?? false;
  }

  /** The status name as in the gRPC specification, e.g. `NotFound`. */
  get status(): string {
    return codeName(this.code);
  }

  /** `error` itself when it is an RpcError; otherwise `code` (default Internal) with a generic message and the original as `cause`. */
  static from(error: unknown, code: Code = Code.Internal): RpcError {
    if (error instanceof RpcError) return error;
    return new RpcError(code, code === Code.Canceled ? "call canceled" : "internal error", { cause: error });
  }
}
