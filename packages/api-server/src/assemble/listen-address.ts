import { ConfigError } from "../config/config-error.ts";

/** Where a server listens, as a URL without a trailing slash; a wildcard address is shown as this machine. */
export const formatUrl = (host: string, port: number): string => {
  const shown = host === "0.0.0.0" || host === "::" || host === "" ? "127.0.0.1" : host;
  return `http://${shown.includes(":") ? `[${shown}]` : shown}:${port}`;
};

/** A failure to listen in words for the operator, where it is one they can put right; else the error itself. */
export const explainListenError = (error: unknown, host: string, port: number): unknown => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") {
    return new ConfigError(
      `port ${port} on ${host} is in use: stop the program that has it, or choose another port with --port or K8SHELL_PORT`,
      { cause: error },
    );
  }
  if (code === "EACCES" || code === "EADDRNOTAVAIL") {
    return new ConfigError(`cannot listen on ${host} port ${port}: choose another address or port`, {
      cause: error,
    });
  }
  return error;
};
