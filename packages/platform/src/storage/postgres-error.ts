import { Code, RpcError } from "@k8shell/rpc";

const textOf = (error: unknown, key: "code" | "message"): string => {
  const value = typeof error === "object" && error !== null ? Reflect.get(error, key) : undefined;
  return typeof value === "string" ? value : "";
};

/**
 * SQLSTATE classes and codes (PostgreSQL documentation, appendix A) of a database that is down, starting, stopping,
 * full or on a standby, and the codes of Node's sockets and of its TLS.
 */
const unavailable =
  /^(?:08...|53...|57P0[1-5]|25006|28...|3D000|55P03|E[A-Z]+)$|^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|(?:UNABLE_TO|CERT|ERR_TLS|ERR_SSL)_[A-Z0-9_]+)$/;

/** What pg says, without a code, of connections that ended, could not be had in time, or did not answer. */
const lostConnection =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed|The server does not support SSL)/;

/** Whether waiting is of no use: a wrong user, password or database (SQLSTATE 28xxx, 3D000). */
export const needsOperator = (error: unknown): boolean => /^(?:28...|3D000)$/.test(textOf(error, "code"));

/** Whether a connection is of no use after this failure. */
export const isConnectionLost = (error: unknown): boolean =>
  lostConnection.test(textOf(error, "message")) ||
  /^(?:08...|57P0[1-5]|E[A-Z]+)$/.test(textOf(error, "code"));

/**
 * A failure of PostgreSQL as callers should see it. What is not about the database's state or the values of a
 * statement (unique violations above all) passes unchanged.
 */
export const fromPostgresError = (error: unknown): unknown => {
  const code = textOf(error, "code");
  if (unavailable.test(code) || lostConnection.test(textOf(error, "message"))) {
    return new RpcError(Code.Unavailable, "the database cannot be reached", { cause: error });
  }
  switch (code) {
    case "57014":
      return new RpcError(Code.DeadlineExceeded, "the database took too long", { cause: error });
    case "40001":
    case "40P01":
      return new RpcError(Code.Aborted, "somebody else changed the same at the same time; try again", {
        cause: error,
      });
    case "23503":
      return new RpcError(Code.FailedPrecondition, "what this refers to was removed, or is in use", {
        cause: error,
      });
    case "22021":
      return new RpcError(Code.InvalidArgument, "text must not contain NUL characters", { cause: error });
    case "22003":
      return new RpcError(Code.InvalidArgument, "a number is out of range", { cause: error });
    default:
      return error;
  }
};
