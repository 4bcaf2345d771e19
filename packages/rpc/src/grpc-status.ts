import { deadlineExceeded } from "./call-end.ts";
import { Code, RpcError } from "./rpc-error.ts";

/** The status that ends a call on the wire. */
export interface WireStatus {
  code: number;
  details: string;
}

const codes: ReadonlyMap<number, Code> = new Map(Object.values(Code).map((code) => [code, code]));

/**
 * What grpc-js itself says when it cannot reach a peer. It names addresses and system errors, which are for the log;
 * a text that the peer sent is for the caller.
 */
const localText =
  /^(round_robin: )?(No connection established|No addresses resolved|Picked subchannel |Connection dropped|Name resolution failed|Write (error|failed)|Channel closed|Stream refused|Failed to connect|Received RST_STREAM|read |connect |write )|ECONNRESET|ECONNREFUSED|EPIPE/;

/** The longest status text sent; it travels in an HTTP/2 header. */
const maxDetails = 4096;

/** A received status as an error; undefined for OK. */
export const errorOfStatus = ({ code, details }: WireStatus): RpcError | undefined => {
  if (code === Code.Ok) return undefined;
  const known = codes.get(code) ?? Code.Unknown;
  const cause = new Error(details);
  if (known === Code.DeadlineExceeded) return deadlineExceeded(cause);
  // RST_STREAM(CANCEL) of a call that nobody here has canceled: the peer gave it up, as a server does that shuts down.
  if (known === Code.Canceled && details === "Call cancelled") {
    return new RpcError(Code.Unavailable, "the service ended the call", { cause, unreached: true });
  }
  if (known === Code.Unavailable && localText.test(details)) {
    return new RpcError(known, "the service cannot be reached", { cause, unreached: true });
  }
  if (known === Code.Internal && localText.test(details))
    return new RpcError(known, "internal error", { cause });
  return new RpcError(known, details);
};

/** An implementation's failure as a status to send. Only an RpcError's own text leaves the process. */
export const statusOfError = (error: unknown): WireStatus => {
  const { code, message } = RpcError.from(error);
  // grpc-js encodes the text with encodeURI, which throws on a lone surrogate.
  return {
    code: code === Code.Ok ? Code.Unknown : code,
    details: message.slice(0, maxDetails).toWellFormed(),
  };
};
