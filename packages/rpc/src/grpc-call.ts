import { readFileSync } from "node:fs";
import { type ChannelInterface, Metadata as GrpcMetadata } from "@grpc/grpc-js";
import { abortError, deadlineExceeded, longestTimerMs, watchForEnd } from "./call-end.ts";
import { resetStream } from "./grpc-internals.ts";
import { plainMetadata } from "./grpc-metadata.ts";
import { errorOfStatus } from "./grpc-status.ts";
import { checkMetadata } from "./metadata.ts";
import { Code, RpcError } from "./rpc-error.ts";
import type { CallOptions } from "./types.ts";

export type GrpcJsCall = ReturnType<ChannelInterface["createCall"]>;

/** What one call does with what it receives. `onEnd` comes once and last; without an error the call succeeded, and `early` is a cancel or the deadline. */
export interface CallEvents {
  onMessage(bytes: Buffer): void;
  onEnd(error: RpcError | undefined, early: boolean): void;
}

/** A started call. */
export interface OpenCall {
  /** Asks for one message, or for the end when there is none. */
  read(): void;
  /** Sends one message. Wait for `sent` before the next: grpc-js holds only one while it connects. */
  send(bytes: Buffer, sent: () => void): void;
  halfClose(): void;
  /** Cancels the call; `onEnd` gets `error`. */
  cancel(error: RpcError): void;
}

export interface CallOpener {
  /** @throws RpcError when the call fails before it can start */
  open(path: string, options: CallOptions | undefined, unary: boolean, events: CallEvents): OpenCall;
}

interface OpenerDeps {
  channel: ChannelInterface;
  tokenFile: string | undefined;
  defaultTimeoutMs: number;
}

/**
 * Starts calls on the Call objects that grpc-js's own client API is built of. One level below it, a message is asked
 * for when there is room for it (the readable streams above would buffer 16 messages of any size) and no stack trace
 * or event emitter is made for each call.
 */
export const createCallOpener = ({ channel, tokenFile, defaultTimeoutMs }: OpenerDeps): CallOpener => {
  const metadataOf = (options: CallOptions | undefined, timeoutMs: number | undefined): GrpcMetadata => {
    if (!options?.metadata && tokenFile === undefined && timeoutMs === undefined) return emptyMetadata;
    const metadata = new GrpcMetadata();
    if (timeoutMs !== undefined) metadata.set("grpc-timeout", timeoutValue(timeoutMs));
    if (tokenFile !== undefined) metadata.set("authorization", `Bearer ${readToken(tokenFile)}`);
    for (const [key, value] of Object.entries(checkMetadata(options?.metadata))) metadata.set(key, value);
    return metadata;
  };
  // grpc-js copies what it is given, so calls without metadata can share this.
  const emptyMetadata = new GrpcMetadata();

  const create = (path: string, deadline: number): GrpcJsCall => {
    try {
      return channel.createCall(path, deadline, undefined, null, undefined);
    } catch (error) {
      throw new RpcError(Code.Unavailable, "the channel is closed", { cause: error, unreached: true });
    }
  };

  return {
    open(path, options, unary, { onMessage, onEnd }) {
      const signal = options?.signal;
      if (signal?.aborted) throw abortError(signal);
      const timeoutMs = finite(options?.timeoutMs ?? (unary ? defaultTimeoutMs : undefined));
      if (timeoutMs !== undefined && timeoutMs <= 0) throw deadlineExceeded();
      const call = create(
        path,
        unary && timeoutMs !== undefined ? Date.now() + timeoutMs : Number.POSITIVE_INFINITY,
      );
      const metadata = metadataOf(options, unary ? undefined : timeoutMs);

      let reason: RpcError | undefined;
      let ended = false;
      const cancel = (error: RpcError) => {
        if (ended || reason) return;
        reason = error;
        if (!resetStream(call)) call.cancelWithStatus(Code.Canceled, error.message);
      };
      // grpc-js's own deadline ends a stream as its cancel does, with END_STREAM: for streams it only hears of ours.
      const stopWatching = watchForEnd(signal, unary ? undefined : timeoutMs, cancel);
      call.start(metadata, {
        onReceiveMetadata(headers) {
          options?.onHeaders?.(plainMetadata(headers));
        },
        onReceiveMessage(bytes: Buffer | null) {
          if (bytes && !ended) onMessage(bytes);
        },
        onReceiveStatus(status) {
          if (ended) return;
          ended = true;
          stopWatching();
          onEnd(
            reason ?? errorOfStatus(status),
            reason !== undefined || status.code === Code.DeadlineExceeded,
          );
        },
      });
      return {
        read: () => call.startRead(),
        send: (bytes, sent) => call.sendMessageWithContext({ callback: sent }, bytes),
        halfClose: () => call.halfClose(),
        cancel,
      };
    },
  };
};

/** Beyond the longest timer, 24 days, there is no deadline: grpc-js servers would take it for one that has passed. */
const finite = (timeoutMs: number | undefined): number | undefined =>
  timeoutMs !== undefined && timeoutMs <= longestTimerMs ? timeoutMs : undefined;

/** A grpc-timeout header: at most 8 digits and a unit (gRPC over HTTP/2, "Requests"). */
const timeoutValue = (ms: number): string => {
  const whole = Math.ceil(ms);
  return whole < 1e8 ? `${whole}m` : `${Math.min(Math.ceil(whole / 1000), 99_999_999)}S`;
};

/**
 * The token file's trimmed content, read again for each call because it is rotated (grpc-behaviour section 1). Without
 * it the call fails as one that cannot be made: it is no fault of the credentials that the caller of ours has shown.
 */
export const readToken = (file: string): string => {
  let token: string;
  try {
    token = readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new RpcError(Code.Unavailable, "the service token cannot be read", { cause: error });
  }
  if (!/^[!-~]+$/.test(token)) throw new RpcError(Code.Unavailable, "the service token is not valid");
  return token;
};
