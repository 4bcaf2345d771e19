import type { Response } from "../packets.ts";
import { SftpStatus } from "../protocol.ts";

/** A request failed in a way that the client is told: status code and text. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Errors of the file system as status code (the same as OpenSSH chooses) and text. The text begins with the name of
 * the error, which a client can tell apart where the code cannot.
 */
const errors: Readonly<Record<string, readonly [code: number, text: string]>> = {
  ENOENT: [SftpStatus.NoSuchFile, "no such file or directory"],
  ENOTDIR: [SftpStatus.NoSuchFile, "not a directory"],
  EBADF: [SftpStatus.NoSuchFile, "bad file descriptor"],
  ELOOP: [SftpStatus.NoSuchFile, "too many symbolic links"],
  EPERM: [SftpStatus.PermissionDenied, "operation not permitted"],
  EACCES: [SftpStatus.PermissionDenied, "permission denied"],
  EFAULT: [SftpStatus.PermissionDenied, "bad address"],
  ENAMETOOLONG: [SftpStatus.BadMessage, "name too long"],
  EINVAL: [SftpStatus.BadMessage, "invalid argument"],
  ENOSYS: [SftpStatus.OpUnsupported, "not supported here"],
  EEXIST: [SftpStatus.Failure, "file already exists"],
  EISDIR: [SftpStatus.Failure, "is a directory"],
  ENOTEMPTY: [SftpStatus.Failure, "directory not empty"],
  EBUSY: [SftpStatus.Failure, "resource busy"],
  ENOSPC: [SftpStatus.Failure, "no space left on device"],
  EDQUOT: [SftpStatus.Failure, "disk quota exceeded"],
  EFBIG: [SftpStatus.Failure, "file too large"],
  EROFS: [SftpStatus.Failure, "read-only file system"],
  EXDEV: [SftpStatus.Failure, "cannot link across file systems"],
  EMLINK: [SftpStatus.Failure, "too many links"],
  EMFILE: [SftpStatus.Failure, "too many open files"],
  ENFILE: [SftpStatus.Failure, "too many open files"],
  ENXIO: [SftpStatus.Failure, "no such device or address"],
  ESPIPE: [SftpStatus.Failure, "cannot seek"],
  EAGAIN: [SftpStatus.Failure, "temporarily unavailable"],
  EIO: [SftpStatus.Failure, "input/output error"],
  ETXTBSY: [SftpStatus.Failure, "text file is busy"],
  EOPNOTSUPP: [SftpStatus.OpUnsupported, "not supported here"],
  ENOTSUP: [SftpStatus.OpUnsupported, "not supported here"],
};

/** The error name that Node puts on file system errors, e.g. `ENOENT`. */
export const errorName = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

/** A StatusError as the file system would raise it, e.g. `systemError("EISDIR")`. */
export const systemError = (name: string): StatusError => {
  const [code, text] = errors[name] ?? [SftpStatus.Failure, "failure"];
  return new StatusError(code, `${name}: ${text}`);
};

export const okResponse: Response = { type: "status", code: SftpStatus.Ok, message: "success" };
export const endOfFile: Response = { type: "status", code: SftpStatus.Eof, message: "end of file" };

/** The status response for a failed operation. Nothing but the kind of the error is told: no path, no stack. */
export const failureResponse = (error: unknown): Response => {
  if (error instanceof StatusError) return { type: "status", code: error.code, message: error.message };
  const name = errorName(error);
  if (name === "ERR_INVALID_ARG_VALUE" || name === "ERR_OUT_OF_RANGE") {
    return { type: "status", code: SftpStatus.BadMessage, message: "invalid argument" };
  }
  if (name && errors[name]) {
    const { code, message } = systemError(name);
    return { type: "status", code, message };
  }
  return { type: "status", code: SftpStatus.Failure, message: "failure" };
};
