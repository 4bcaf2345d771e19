import { logVerbosity, setLogVerbosity } from "@grpc/grpc-js";

/**
 * grpc-js prints connection failures to stderr although it reports each of them to its caller as well.
 * `GRPC_VERBOSITY` in the environment still turns its log on.
 */
export const quietGrpc = (): void => {
  if (!process.env.GRPC_VERBOSITY && !process.env.GRPC_NODE_VERBOSITY) setLogVerbosity(logVerbosity.NONE);
};

/** The longest queue of received bytes that HTTP/2 lets a stream have, when an option does not say. */
export const defaultFlowControlWindow = 4 * 1024 * 1024;

/** The largest message accepted when an option does not say (grpc-behaviour section 1, "Limits"). */
export const defaultMaxReceiveBytes = 32 * 1024 * 1024;

/** The CA to trust in a connection that is made now. @param ca as in `GrpcChannelOptions` */
export const pemOf = (ca: string | Uint8Array | (() => string)): string | Buffer => {
  const pem = typeof ca === "function" ? ca() : ca;
  return typeof pem === "string" ? pem : Buffer.from(pem);
};
