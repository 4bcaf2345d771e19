import type { RouteSpec } from "@k8shell/contract";
import { ApiError } from "../http/api-error.ts";
import type { SubscriptionSide, TextStream } from "../http/handler.ts";
import type { LiveConnection } from "../live/live-connections.ts";
import type { SocketWriter } from "./socket-writer.ts";
import { streamParts } from "./stream-parts.ts";

/** Events of a stream that are sent without an `ack`. */
export const streamWindow = 64;

/** A stream that is followed: the side its handler writes to, and the acknowledgements of the client. */
export interface StreamSubscription {
  readonly side: SubscriptionSide;
  /** The client has dealt with everything up to `seq`. False: it was not sent that. */
  acknowledge(seq: number): boolean;
  /** Why the caller may have it no longer, if so. */
  readonly revoked: ApiError | undefined;
  end(): void;
}

export const createStreamSubscription = (
  id: string,
  kind: RouteSpec["follow"],
  writer: SocketWriter,
): StreamSubscription => {
  const stop = new AbortController();
  const traffic = { bytesRead: 0, bytesWritten: 0 };
  let connection: LiveConnection | undefined;
  let sent = 0;
  let acknowledged = 0;
  let revoked: ApiError | undefined;
  let proceed: (() => void) | undefined;

  const credit = async () => {
    while (sent - acknowledged >= streamWindow && !stop.signal.aborted) {
      await new Promise<void>((resume) => {
        proceed = resume;
      });
    }
  };

  const stream: TextStream = {
    async write(text) {
      for (const part of streamParts(kind, text)) {
        await credit();
        await writer.room();
        if (stop.signal.aborted) return false;
        sent += 1;
        traffic.bytesWritten += writer.send(JSON.stringify({ type: "event", id, seq: sent, ...part }));
      }
      return !stop.signal.aborted;
    },
    async end() {
      connection?.done();
    },
  };

  const end = () => {
    connection?.done();
    stop.abort();
    proceed?.();
  };

  return {
    side: {
      signal: stop.signal,
      traffic,
      openText(register) {
        connection = register((reason) => {
          revoked = new ApiError("forbidden", `The stream was closed: ${reason}.`);
          end();
        });
        return stream;
      },
    },
    acknowledge(seq) {
      if (seq > sent) return false;
      acknowledged = Math.max(acknowledged, seq);
      proceed?.();
      return true;
    },
    get revoked() {
      return revoked;
    },
    end,
  };
};
