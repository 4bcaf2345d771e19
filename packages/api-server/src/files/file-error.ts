import { Code, RpcError } from "@k8shell/rpc";
import { SftpError, SftpStatus } from "@k8shell/sftp";
import { ApiError } from "../http/api-error.ts";
import { fromRpcError } from "../http/errors.ts";

const lost = (error: SftpError): ApiError => {
  const { cause } = error;
  if (cause instanceof RpcError) {
    if (cause.code === Code.Unimplemented) {
      return new ApiError("not_implemented", "This workspace has no file transfer.", { cause: error });
    }
    if (cause.code === Code.PermissionDenied) return fromRpcError(cause);
  }
  return new ApiError("bad_gateway", "The workspace cannot be reached, or the connection to it broke.", {
    cause: error,
  });
};

/** Texts by the name of the system error, where the server tells it. */
const byErrno: Readonly<
  Record<string, () => readonly ["insufficient_storage" | "invalid_path" | "conflict", string]>
> = {
  ENOSPC: () => ["insufficient_storage", "The disk of the workspace is full."],
  EDQUOT: () => ["insufficient_storage", "The disk quota of the workspace is used up."],
  EFBIG: () => ["insufficient_storage", "The file is larger than the workspace allows."],
  EISDIR: () => ["invalid_path", "The path is a directory."],
  EXDEV: () => ["conflict", "The new path is in another file system: copy instead of moving."],
  ENOTEMPTY: () => ["conflict", "The directory is not empty."],
  EEXIST: () => ["conflict", "There is already something at this path."],
};

/**
 * The answer to a failed file operation. Text of the workspace's server is never passed on.
 * @param missing what to say when the server finds nothing at the path
 */
export const toFileError = (error: unknown, missing = "There is no such file or directory."): unknown => {
  if (!(error instanceof SftpError)) return error;
  const known = error.errno === undefined ? undefined : byErrno[error.errno]?.();
  if (known) return new ApiError(known[0], known[1], { cause: error });
  if (error.errno === "EROFS") {
    return new ApiError("forbidden", "This part of the workspace is read-only.", { cause: error });
  }
  switch (error.code) {
    case SftpStatus.NoSuchFile:
      return new ApiError("not_found", missing, { cause: error });
    case SftpStatus.PermissionDenied:
      return new ApiError("forbidden", "The workspace does not permit access to this path.", {
        cause: error,
      });
    case SftpStatus.BadMessage:
      return new ApiError("invalid_path", "The workspace does not accept this path.", { cause: error });
    case SftpStatus.NoConnection:
    case SftpStatus.ConnectionLost:
      return lost(error);
    case SftpStatus.OpUnsupported:
      return new ApiError("not_implemented", "The workspace does not support this.", { cause: error });
    default:
      return new ApiError("conflict", "The workspace could not do this with the file.", { cause: error });
  }
};
