import { SftpStatus } from "../protocol.ts";

/** A request was refused, or the session was lost (code ConnectionLost). */
export class SftpError extends Error {
  override readonly name = "SftpError";
  /** A status code of the protocol, see SftpStatus. */
  readonly code: number;
  /** The name of the system error when the server's text begins with one, e.g. `ENOSPC`. OpenSSH never says. */
  readonly errno: string | undefined;

  constructor(code: number, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.errno = /^(E[A-Z0-9]+):/.exec(message)?.[1];
  }
}

const texts: Readonly<Record<number, string>> = {
  [SftpStatus.Eof]: "end of file",
  [SftpStatus.NoSuchFile]: "no such file",
  [SftpStatus.PermissionDenied]: "permission denied",
  [SftpStatus.Failure]: "failure",
  [SftpStatus.BadMessage]: "bad message",
  [SftpStatus.OpUnsupported]: "operation not supported",
};

/** The error for a status response; a server need not send a text. */
export const statusError = (code: number, message: string): SftpError =>
  new SftpError(code, message || (texts[code] ?? `status ${code}`));

/** The error for a session that ended. */
export const connectionLost = (cause?: unknown): SftpError =>
  new SftpError(SftpStatus.ConnectionLost, "the SFTP session has ended", { cause });
