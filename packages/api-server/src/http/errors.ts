import type { ErrorCode } from "@k8shell/contract";
import { KvConflictError, KvUnavailableError } from "@k8shell/kv";
import { Code, RpcError } from "@k8shell/rpc";
import { ApiError } from "./api-error.ts";

/**
 * What a backend's status means to a client, and whether the backend wrote its message for one. Messages of Internal,
 * Unknown and transport failures may name hosts, files or queries: they are replaced (rest-contract section 6, row 21).
 */
const rpcTable: Record<Code, { readonly code: ErrorCode; readonly text?: string }> = {
  [Code.Ok]: { code: "bad_gateway", text: "a backend service gave no valid answer" },
  [Code.Canceled]: { code: "client_closed_request", text: "the request was canceled" },
  [Code.Unknown]: { code: "internal", text: "internal error" },
  [Code.InvalidArgument]: { code: "bad_request" },
  [Code.DeadlineExceeded]: { code: "timeout", text: "a backend service did not answer in time; try again" },
  [Code.NotFound]: { code: "not_found" },
  [Code.AlreadyExists]: { code: "already_exists" },
  [Code.PermissionDenied]: { code: "forbidden" },
  [Code.ResourceExhausted]: { code: "too_many_requests" },
  [Code.FailedPrecondition]: { code: "conflict" },
  [Code.Aborted]: { code: "conflict" },
  [Code.OutOfRange]: { code: "bad_request" },
  [Code.Unimplemented]: { code: "not_implemented", text: "this platform does not support the operation" },
  [Code.Internal]: { code: "internal", text: "internal error" },
  [Code.Unavailable]: { code: "unavailable", text: "a backend service is not available; try again shortly" },
  [Code.DataLoss]: { code: "internal", text: "internal error" },
  // 401 by the contract's table, though it may be this server's own token that was refused: the healthcheck tells that.
  [Code.Unauthenticated]: {
    code: "unauthenticated",
    text: "a backend service did not accept the credentials",
  },
};

/** What is said of the service that failed, where it is known which. */
const peerTexts: Partial<Record<Code, string>> = {
  [Code.Unavailable]: "is not available; try again shortly",
  [Code.DeadlineExceeded]: "did not answer in time; try again",
  [Code.Unauthenticated]: "did not accept the credentials",
};

const maxMessage = 500;
/** When to ask again for what is away just now. */
const retryAfterSeconds = "2";

/** The ApiError for a backend's failure. Its `cause` is the original. */
export const fromRpcError = (error: RpcError): ApiError => {
  const row = rpcTable[error.code] ?? rpcTable[Code.Unknown];
  const aboutPeer = error.peer === undefined ? undefined : peerTexts[error.code];
  const text =
    aboutPeer === undefined
      ? (row.text ?? (error.message.slice(0, maxMessage) || "the request was refused"))
      : `${error.peer} ${aboutPeer}`;
  return new ApiError(row.code, text, {
    cause: error,
    headers: row.code === "unavailable" ? { "retry-after": retryAfterSeconds } : {},
  });
};

/** Turns whatever was thrown into the error the client is told. Text of unknown errors is never passed on. */
export const toApiError = (error: unknown): ApiError => {
  if (error instanceof ApiError) return error;
  if (error instanceof RpcError) return fromRpcError(error);
  if (error instanceof KvUnavailableError) {
    return new ApiError("unavailable", "the key-value store is not available; try again shortly", {
      cause: error,
      headers: { "retry-after": retryAfterSeconds },
    });
  }
  if (error instanceof KvConflictError) {
    return new ApiError("conflict", "the item was changed at the same time; try again", { cause: error });
  }
  return new ApiError("internal", "internal error", { cause: error });
};
