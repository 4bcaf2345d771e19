import { SftpError, SftpStatus } from "@k8shell/sftp";
import { ApiError } from "../../http/api-error.ts";

export const notFound = () =>
  new ApiError("not_found", "There is no such upload: it has ended, has expired or never was.");
export const busy = () => new ApiError("conflict", "Another part of this upload is being sent.");

/** Does the server say that the file is not there? */
export const isMissing = (error: unknown): boolean =>
  error instanceof SftpError && error.code === SftpStatus.NoSuchFile;
